using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using CheckpointRestart.Core.Tests.Image;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint;

/// <summary>Images and processor models: v5 tells of FXSAVE alone, and demands that both sides have it or neither.</summary>
public sealed class ProcessorTests
{
    const int FxSaveSize = 512, FsaveSize = 108;

    static MachineOptions Options(CpuModel model, string guest = "cpu") =>
        GuestSession.Options(null) with { Root = new RootOptions { HostProgram = GuestFiles.Program(guest) }, Cpu = model };

    static GuestSession Start(CpuModel model, string guest, params string[] arguments) =>
        GuestSession.Start(Options(model, guest), new ProgramOptions { Arguments = arguments, Suspended = true });

    [Fact]
    public void AnImageOfAnI586HasFsavesFormAndGoesOnThere()
    {
        using var session = Start(CpuModel.I586, "cpu", "x87");
        session.RunTo(900);
        byte[] image = session.Image();
        using (var read = Samples.Read(image))
        {
            var cpu = read.Cpu;
            Assert.Equal((1, 0), (cpu.UsedMath, cpu.HasFxsr));
            Span<byte> fsave = stackalloc byte[FsaveSize];
            session.Task.Registers!.SaveFsave(fsave);
            Assert.Equal(fsave.ToArray(), cpu.FxSave.AsSpan()[..FsaveSize].ToArray());
            Assert.False(cpu.FxSave.AsSpan()[FsaveSize..].ContainsAnyExcept((byte)0));
            Assert.Equal("i586", read.Head.Machine.ToString());
            using var opened = Core.Checkpoint.Checkpoint.Read(new MemoryStream(image), TestContext.Current.CancellationToken);
            Assert.Same(CpuModel.I586, Restorer.MachineOf(opened).Cpu);
        }
        using var restored = GuestSession.Restore(image, Options(CpuModel.I586));
        Assert.Equal(State(session), State(restored));
        Assert.NotEqual("", session.TakeOutput());
        string rest = restored.Finish().Output;
        Assert.Equal(session.Finish().Output, rest);
        Assert.EndsWith("40388bb8db62c65e\n", rest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("i586", "max", "without FXSAVE")]
    [InlineData("max", "i586", "an i586 has none")]
    [InlineData("i686", "i586", "an i586 has none")]
    [InlineData("i586", "i686", "without FXSAVE")]
    public void FxsaveMustBeThereOnBothSidesOrOnNeither(string from, string to, string why)
    {
        using var session = Start(CpuModel.Find(from)!, "cpu", "x87");
        byte[] image = session.RunTo(900).Image();
        var refused = Assert.Throws<RestoreException>(() => GuestSession.Restore(image, Options(CpuModel.Find(to)!)));
        Assert.Equal(Errno.EINVAL, refused.Errno);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("i686", "pentium4")]
    [InlineData("i686", "max")]
    [InlineData("max", "i686")]
    [InlineData("max", "pentium4")]
    public void WithoutValuesInSseRegistersAnyOtherModelDoes(string from, string to)
    {
        using var session = Start(CpuModel.Find(from)!, "cpu", "x87");
        byte[] image = session.RunTo(900).Image();
        using var restored = GuestSession.Restore(image, Options(CpuModel.Find(to)!));
        Assert.Equal(CpuModel.Find(to)!.MachineName, restored.Machine.Version.Machine);
        session.TakeOutput();
        Assert.Equal(session.Finish().Output, restored.Finish().Output);
    }

    [Fact]
    public void ValuesInSseRegistersAreRefusedByAProcessorWithoutThem()
    {
        using var session = Start(CpuModel.Maximum, "fpu", "0");
        byte[] image = session.RunTo(5_000).Image();
        var refused = Assert.Throws<RestoreException>(() => GuestSession.Restore(image, Options(CpuModel.I686, "fpu")));
        Assert.Equal(Errno.EINVAL, refused.Errno);
        Assert.Contains("SSE registers", refused.Message, StringComparison.Ordinal);
        using var restored = GuestSession.Restore(image, Options(CpuModel.Pentium4, "fpu"));
        Assert.Equal(State(session), State(restored));
    }

    [Theory]
    [InlineData(24, 0x1F80u, 0x1FA0u)]
    [InlineData(160, 0u, 1u)]
    [InlineData(284, 0u, 0x80000000u)]
    public void EveryBitOfSseCounts(int offset, uint clean, uint used)
    {
        using var session = Start(CpuModel.I686, "cpu", "x87");
        byte[] image = session.RunTo(900).Image();
        using var read = Samples.Read(image);
        var cpu = read.Cpu;
        Assert.Equal(clean, BitConverter.ToUInt32(cpu.FxSave.AsSpan()[offset..]));
        RegisterCapture.CheckProcessor(cpu, CpuModel.I686);
        byte[] area = cpu.FxSave.AsSpan().ToArray();
        BitConverter.TryWriteBytes(area.AsSpan(offset), used);
        area.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<Core.Image.Records.FxSaveArea>(ref cpu.FxSave)));
        Assert.Throws<RestoreException>(() => RegisterCapture.CheckProcessor(cpu, CpuModel.I686));
        cpu.UsedMath = 0;
        RegisterCapture.CheckProcessor(cpu, CpuModel.I686);
    }

    static byte[] State(GuestSession session)
    {
        var state = new byte[FxSaveSize];
        session.Task.Registers!.SaveFxsr(state);
        return state;
    }
}
