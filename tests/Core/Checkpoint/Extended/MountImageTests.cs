using System.Text;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>What is mounted in a machine is its own, and what lies in its file systems in memory is nowhere else: a machine from an image has both.</summary>
public sealed class MountImageTests
{
    /// <summary>Every kind of file in every file system in memory, and a directory of the root beside them. Then what a program sees of it.</summary>
    const string Script = """
        set -e
        cd /dev/shm
        echo words > file; ln file twice; ln -s file link; mkdir -p a/b/c; mkfifo fifo; mknod null c 1 3
        dd if=/dev/zero of=holes bs=1 count=1 seek=100000 2> /dev/null
        chmod 4751 file; chown 3:4 a; touch -d @86400 a/b
        echo kept > a/b/c/open; exec 3< a/b/c/open; rm a/b/c/open
        mkdir /tmp/a; echo deep > /tmp/a/b; echo flat > /tmp/c; echo in dev > /dev/d
        (echo in a fifo > fifo) &
        read line < fifo
        echo ready
        read go
        echo "$line $(cat <&3) $(cat /tmp/a/b /tmp/c /dev/d)"
        cat /proc/self/mounts /proc/self/mountinfo
        for at in / /tmp /dev /dev/shm /dev/pts /proc; do stat -f -c '%n %T %S %l' $at; done
        find /dev/shm /tmp /dev/d | sort | xargs stat -c '%n %F %a %u:%g %h %s %b %Y %i %D %t:%T'
        umount /dev/shm 2> /dev/null || echo still mounted
        """;

    [Fact]
    public void MountsAndWhatLiesInMemoryAreThoseOfTheImage()
    {
        if (GuestFiles.Busybox == null) return;
        var options = GuestSession.Options(GuestSession.SharedRoot);
        using var session = GuestSession.Start(options, new ProgramOptions { FilePath = "/bin/busybox", Arguments = ["sh", "-c", Script], Suspended = true });
        session.RunUntil("ready\n");
        byte[] bytes;
        using (var image = MachineImage.Capture(session.Machine)) bytes = ImageEditor.Bytes(image);
        string straight = Rest(session.Machine);
        Assert.Contains("in a fifo kept deep\nflat\nin dev\n", straight, StringComparison.Ordinal);
        Assert.Contains(" /dev/shm tmpfs ", straight, StringComparison.Ordinal);
        Assert.Contains("/dev/shm/holes regular file 644 0:0 1 100001 ", straight, StringComparison.Ordinal);
        Assert.EndsWith("still mounted\n", straight, StringComparison.Ordinal);
        using var read = ExtendedReader.Read(new MemoryStream(bytes));
        using var machine = MachineImage.Restore(read, options.Root);
        Assert.Equal(session.Machine.Tree.Mounts.Select(static mount => mount.FullPath()), machine.Tree.Mounts.Select(static mount => mount.FullPath()));
        Assert.Equal(straight, Rest(machine));
    }

    static string Rest(Machine machine)
    {
        machine.SendInput("go\n"u8.ToArray());
        machine.EndInput();
        machine.Thaw();
        foreach (var task in machine.Tasks.Where(static task => !task.HasExited).ToArray())
        {
            machine.Thaw(task);
            Assert.True(machine.WaitForExit(task, GuestSession.Patience));
        }
        return Encoding.UTF8.GetString(machine.Streams.TakeAll(StreamKind.Output));
    }
}
