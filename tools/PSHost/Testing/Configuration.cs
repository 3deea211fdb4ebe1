namespace CheckpointRestart.PSHost.Testing;

/// <summary>What to run: files.</summary>
public sealed class RunConfiguration
{
    public string[] Path { get; set; } = ["."];
    public string[] ExcludePath { get; set; } = [];
    public bool PassThru { get; set; }
    public bool Exit { get; set; }
    public bool Throw { get; set; }
}

/// <summary>What to run: tests in them.</summary>
public sealed class FilterConfiguration
{
    public string[] Tag { get; set; } = [];
    public string[] ExcludeTag { get; set; } = [];
    public string[] FullName { get; set; } = [];
}

/// <summary>What to show: None, Normal, Detailed or Diagnostic.</summary>
public sealed class OutputConfiguration
{
    public string Verbosity { get; set; } = "Normal";
}

/// <summary>The part of Pester's configuration that this runner has; the names are Pester's.</summary>
public sealed class PesterConfiguration
{
    public RunConfiguration Run { get; set; } = new();
    public FilterConfiguration Filter { get; set; } = new();
    public OutputConfiguration Output { get; set; } = new();

    internal static PesterConfiguration From(IDictionary table)
    {
        var configuration = new PesterConfiguration();
        foreach (DictionaryEntry section in table)
        {
            var target = PSObject.AsPSObject(configuration).Properties[section.Key.ToString()!]?.Value;
            if (target is null || section.Value is not IDictionary values) throw new PSArgumentException($"The configuration section '{section.Key}' is not known here.");
            foreach (DictionaryEntry value in values)
            {
                var property = PSObject.AsPSObject(target).Properties[value.Key.ToString()!] ?? throw new PSArgumentException($"The configuration option '{section.Key}.{value.Key}' is not known here.");
                property.Value = value.Value;
            }
        }

        return configuration;
    }
}

/// <summary>New-PesterConfiguration.</summary>
[Cmdlet(VerbsCommon.New, "PesterConfiguration"), StandIn(TestingModule), OutputType(typeof(PesterConfiguration))]
public sealed class NewPesterConfigurationCommand : PSCmdlet
{
    [Parameter(Position = 0)] public IDictionary? Hashtable { get; set; }

    protected override void EndProcessing() => WriteObject(Hashtable is null ? new PesterConfiguration() : PesterConfiguration.From(Hashtable));
}
