using CheckpointRestart.Core.Checkpoint;
using Xunit;

namespace CheckpointRestart.Core.Tests.Checkpoint;

public class ImageFramingTests
{
    [Fact]
    public void AnImageIsFollowedExactlyToItsEndInPiecesOfAnySize()
    {
        using var session = GuestSession.StartAlone("lduser", "0");
        session.RunTo(3_000);
        byte[] image = [.. session.Image(), 1, 2, 3];
        var random = new Random(1);
        for (int round = 0; round < 20; round++)
        {
            var framing = new ImageFraming();
            int at = 0;
            while (framing.Wanted > 0)
            {
                int length = (int)Math.Min(framing.Wanted, random.Next(1, round < 10 ? 7 : 6000));
                framing.Accept(image.AsSpan(at, length));
                at += length;
            }
            Assert.Equal(image.Length - 3, at);
        }
    }
}
