using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Kernel;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>A machine in which nothing runs has an image without pages.</summary>
public class EmptyImageTests
{
    [Fact]
    public void AnImageWithoutPagesIsOpenedAndHasItsLength()
    {
        string path = Path.Combine(Path.GetTempPath(), $"cr-empty-{Guid.NewGuid():n}.cr");
        try
        {
            using var machine = MachineFactory.Create(GuestSession.Options(null));
            using (var checkpoint = Checkpointer.Capture(machine)) Checkpointer.Write(checkpoint, path);
            using var opened = Core.Checkpoint.Checkpoint.Open(path);
            Assert.Equal(0, opened.Extended!.Pages.Count);
            Assert.Equal(new FileInfo(path).Length, opened.Bytes);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
