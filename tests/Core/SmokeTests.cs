using Xunit;

namespace CheckpointRestart.Core.Tests;

public class SmokeTests
{
    [Fact]
    public void ErrnoHasLinuxNumbers() => Assert.Equal(38, (int)Errno.ENOSYS);
}
