using CheckpointRestart.ImageHost;

// A second process for tests of images: it takes a line of words between tabs, does what the first says, and answers with a line.
using var session = new Session();
while (Console.ReadLine() is { } line)
{
    string answer;
    try
    {
        answer = session.Do(line.Split('\t'));
    }
    catch (Exception error) when (error is not OutOfMemoryException)
    {
        answer = "error\t" + $"{error.GetType().Name} {error.HResult}: {error.Message}".ReplaceLineEndings(" ");
    }
    Console.WriteLine(answer);
}
