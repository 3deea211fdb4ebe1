using CheckpointRestart.Core.Image;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

public class RoundTripTests
{
    [Fact]
    public void WritesBackTheBytesItRead()
    {
        var bytes = Samples.Bytes(Samples.Small());
        Assert.Equal(bytes, Samples.Bytes(Samples.Read(bytes)));
    }
}
