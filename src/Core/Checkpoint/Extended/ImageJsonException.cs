namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>JSON is no image: the path says where.</summary>
/// <param name="path">Such as objects[12].fields.pid, or a line of text that is no JSON.</param>
/// <param name="rule">What should hold there, as a sentence.</param>
public sealed class ImageJsonException(string path, string rule) : Exception($"{path}: {rule}")
{
    /// <summary>Where in the JSON.</summary>
    public string JsonPath { get; } = path;

    /// <summary>What should hold there.</summary>
    public string Rule { get; } = rule;
}
