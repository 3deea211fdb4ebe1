namespace CheckpointRestart.PSHost.Testing.Should;

/// <summary>Should: one assertion, named by a switch.</summary>
[Cmdlet("Assert", "Should"), StandIn(TestingModule, Keyword = "Should")]
public sealed class ShouldCommand : PSCmdlet
{
    private readonly List<object?> _input = [];

    [Parameter(ValueFromPipeline = true), AllowNull] public object? ActualValue { get; set; }

    /// <summary>What the operator compares with; each operator has its own name for it.</summary>
    [Parameter(Position = 0), AllowNull, AllowEmptyString, AllowEmptyCollection]
    [Alias("RegularExpression", "ExpectedType", "ExpectedContent", "ExpectedMessage", "ParameterName", "CommandName")]
    public object? ExpectedValue { get; set; }

    [Parameter] public SwitchParameter Not { get; set; }
    [Parameter] public object? Because { get; set; }

    [Parameter, Alias("EQ")] public SwitchParameter Be { get; set; }
    [Parameter, Alias("CEQ")] public SwitchParameter BeExactly { get; set; }
    [Parameter, Alias("GT")] public SwitchParameter BeGreaterThan { get; set; }
    [Parameter, Alias("GE")] public SwitchParameter BeGreaterOrEqual { get; set; }
    [Parameter, Alias("LT")] public SwitchParameter BeLessThan { get; set; }
    [Parameter, Alias("LE")] public SwitchParameter BeLessOrEqual { get; set; }
    [Parameter] public SwitchParameter BeIn { get; set; }
    [Parameter] public SwitchParameter BeLike { get; set; }
    [Parameter] public SwitchParameter BeLikeExactly { get; set; }
    [Parameter] public SwitchParameter BeNullOrEmpty { get; set; }
    [Parameter, Alias("HaveType")] public SwitchParameter BeOfType { get; set; }
    [Parameter] public SwitchParameter BeTrue { get; set; }
    [Parameter] public SwitchParameter BeFalse { get; set; }
    [Parameter] public SwitchParameter Contain { get; set; }
    [Parameter] public SwitchParameter Exist { get; set; }
    [Parameter] public SwitchParameter FileContentMatch { get; set; }
    [Parameter] public SwitchParameter FileContentMatchExactly { get; set; }
    [Parameter] public SwitchParameter FileContentMatchMultiline { get; set; }
    [Parameter] public SwitchParameter FileContentMatchMultilineExactly { get; set; }
    [Parameter] public SwitchParameter HaveCount { get; set; }
    [Parameter] public SwitchParameter HaveParameter { get; set; }
    [Parameter] public SwitchParameter Match { get; set; }
    [Parameter] public SwitchParameter MatchExactly { get; set; }
    [Parameter] public SwitchParameter Throw { get; set; }
    [Parameter] public new SwitchParameter Invoke { get; set; }
    [Parameter] public SwitchParameter InvokeVerifiable { get; set; }

    /// <summary>Of -Throw.</summary>
    [Parameter(Position = 1)] public string? ErrorId { get; set; }
    [Parameter(Position = 2)] public Type? ExceptionType { get; set; }
    [Parameter] public SwitchParameter PassThru { get; set; }

    /// <summary>Of -HaveParameter.</summary>
    [Parameter] public object? Type { get; set; }
    [Parameter] public object? DefaultValue { get; set; }
    [Parameter] public SwitchParameter Mandatory { get; set; }
    [Parameter] public string? InParameterSet { get; set; }
    [Parameter] public SwitchParameter HasArgumentCompleter { get; set; }
    [Parameter] public string[] Alias { get; set; } = [];

    /// <summary>Of -Invoke.</summary>
    [Parameter] public int Times { get; set; } = 1;
    [Parameter] public SwitchParameter Exactly { get; set; }
    [Parameter] public ScriptBlock? ParameterFilter { get; set; }
    [Parameter] public ScriptBlock? ExclusiveFilter { get; set; }
    [Parameter] public string? ModuleName { get; set; }
    [Parameter] public object? Scope { get; set; }

    private bool HasParameter(string name) => MyInvocation.BoundParameters.ContainsKey(name);

    internal bool HasDefaultValue => HasParameter(nameof(DefaultValue));

    protected override void ProcessRecord()
    {
        if (MyInvocation.ExpectingInput) _input.Add(ActualValue);
    }

    protected override void EndProcessing()
    {
        var assertions = Assertion.All.Where(a => HasParameter(a.Name) && LanguagePrimitives.IsTrue(MyInvocation.BoundParameters[a.Name])).ToList();
        if (assertions.Count != 1) throw new PSArgumentException("Should takes one operator, such as -Be.");
        var assertion = assertions[0];
        foreach (var actual in Actuals(assertion))
        {
            var outcome = assertion.Check(this, actual);
            if (outcome.Succeeded == !Not)
            {
                if (PassThru && outcome.Result is not null) WriteObject(outcome.Result);
                continue;
            }

            var because = Because is null ? "" : Text(Because) + ",";
            var message = (Not ? outcome.NegatedMessage : outcome.Message).Replace("{because}", because, StringComparison.Ordinal);
            ThrowTerminatingError(new ErrorRecord(new AssertionException(message), "PesterAssertionFailed", ErrorCategory.InvalidResult, actual));
        }
    }

    /// <summary>An operator that knows arrays gets all input at once, an array among it as one of its objects; any other is asked once for each object.</summary>
    private List<object?> Actuals(Assertion assertion)
    {
        if (!MyInvocation.ExpectingInput) return [ActualValue];
        if (assertion.TakesArray) return [_input.Count == 1 && ((_input[0] as PSObject)?.BaseObject ?? _input[0]) is not Array ? _input[0] : _input.ToArray()];
        return _input.Count == 0 ? [null] : _input;
    }

    private static string Text(object because)
    {
        var text = because.ToString()!.Trim();
        return text.StartsWith("because", StringComparison.OrdinalIgnoreCase) ? " " + text : " because " + text;
    }

    /// <summary>Runs a script block as its caller would; errors that would only end a statement are thrown as well.</summary>
    internal ErrorRecord? Run(ScriptBlock script)
    {
        var output = InvokeCommand.InvokeScript(useLocalScope: true, s_try, null, script);
        return output.Select(static o => o?.BaseObject).OfType<ErrorRecord>().FirstOrDefault();
    }

    private static readonly ScriptBlock s_try = ScriptBlock.Create("try { do { $null = & $args[0] } until ($true) } catch { $_ }");
}

/// <summary>An assertion that does not hold.</summary>
public sealed class AssertionException(string message) : Exception(message);
