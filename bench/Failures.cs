namespace CheckpointRestart.Bench;

/// <summary>Measurements that came to nothing: told at once, and the others go on; at the end the command fails.</summary>
internal static class Failures
{
    public static int Count { get; private set; }

    public static void Catch(Action measure)
    {
        try
        {
            measure();
        }
        catch (BenchException e)
        {
            Count++;
            Console.WriteLine($"FAILED: {e.Message}");
        }
    }
}
