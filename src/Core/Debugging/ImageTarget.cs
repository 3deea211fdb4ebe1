using System.Globalization;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Kernel.Symbols;

namespace CheckpointRestart.Core.Debugging;

/// <summary>A process of an image, which does not run. Used by one thread at a time.</summary>
public sealed class ImageTarget : DebugTarget
{
    readonly Checkpoint.Checkpoint checkpoint;
    readonly CheckpointFiles files;
    readonly CheckpointImage view;
    readonly ImageMemory memory;
    readonly IReadOnlyList<DebugThread> threads;
    readonly Lazy<SymbolMap> symbols;
    byte[]? auxiliary;

    /// <param name="checkpoint">The image; not disposed with this.</param>
    /// <param name="pid">A task of the process.</param>
    /// <param name="root">Where its files come from; null for what the checkpoint knows itself.</param>
    /// <exception cref="RestoreException">ESRCH: the image has no such task, or it has ended.</exception>
    /// <exception cref="IOException">The root cannot be opened.</exception>
    public ImageTarget(Checkpoint.Checkpoint checkpoint, int pid, RootOptions? root)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        this.checkpoint = checkpoint;
        view = checkpoint.ViewOf(pid);
        int process = checkpoint.Tasks.First(task => task.Pid == pid).ThreadGroupId;
        threads = [.. checkpoint.Tasks.Where(task => task.ThreadGroupId == process && task.IsAlive).OrderBy(task => task.Pid != pid).Select(static task => new DebugThread(task.Pid, task.Comm))];
        ProcessId = process;
        files = new CheckpointFiles(checkpoint, view, root);
        memory = new ImageMemory(view, files);
        symbols = new(files.Symbols);
    }

    /// <inheritdoc/>
    public override int ProcessId { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<DebugThread> Threads => threads;

    /// <inheritdoc/>
    public override SymbolMap Symbols => symbols.Value;

    /// <inheritdoc/>
    public override GuestRegisters? Registers(int thread) => threads.Any(one => one.Id == thread) ? GuestRegisters.Of(checkpoint.ViewOf(thread).Cpu) : null;

    /// <inheritdoc/>
    public override int Read(uint address, Span<byte> to) => memory.Read(address, to);

    /// <inheritdoc/>
    /// <remarks>A v5 image does not keep it, but the stack does.</remarks>
    public override byte[] AuxiliaryVector => auxiliary ??= checkpoint.Extended == null ? new GuestEnvironment(memory.Read).AuxiliaryVector((uint)view.Memory.Layout.StartStack) : StoredFile.AuxiliaryVectorOf(checkpoint, ProcessId);

    /// <inheritdoc/>
    public override IReadOnlyList<DebugModule> Modules =>
    [
        .. view.Memory.Vmas.Where(static vma => vma.File != null).GroupBy(static vma => vma.File!.Value)
            .Select(static file => new DebugModule(GuestText.FromBytes(file.Key.Bytes), [.. file.Select(static vma => new FileRegion(vma.Start, vma.End, (ulong)vma.PageOffset << 12))])),
    ];

    /// <inheritdoc/>
    public override uint? StackStart => (uint)view.Memory.Layout.StartStack;

    /// <inheritdoc/>
    public override string Maps
    {
        get
        {
            var text = new StringBuilder();
            foreach (var vma in view.Memory.Vmas)
            {
                char Flag(VmFlags flag, char letter) => (vma.Flags & flag) != 0 ? letter : '-';
                text.Append(CultureInfo.InvariantCulture, $"{vma.Start:x8}-{vma.End:x8} {Flag(VmFlags.Read, 'r')}{Flag(VmFlags.Write, 'w')}{Flag(VmFlags.Exec, 'x')}{((vma.Flags & VmFlags.Shared) != 0 ? 's' : 'p')} {(ulong)vma.PageOffset << 12:x8} 00:00 0");
                if (vma.File is { } file) text.Append(' ', 20).Append(GuestText.FromBytes(file.Bytes));
                text.Append('\n');
            }
            return text.ToString();
        }
    }

    /// <inheritdoc/>
    public override GuestFile? Open(string path, out Errno error) => files.Find(path, out error) is { } file ? new GuestFile.Opened(file, isOwner: false) : null;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => files.Dispose();
}
