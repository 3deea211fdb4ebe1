using System.Management.Automation;
using System.Reflection;

namespace CheckpointRestart.HelpBuilder;

/// <summary>A cmdlet as its class declares it.</summary>
sealed record CmdletInfo(Type Type, string Verb, string Noun, string DefaultSet, bool ShouldProcess, string Impact, IReadOnlyList<ParameterInfo> Parameters, IReadOnlyList<Type> Outputs)
{
    const string AllSets = "__AllParameterSets";

    public string Name => $"{Verb}-{Noun}";

    /// <summary>The parameter sets, the default one first; one without a name when there are none.</summary>
    public IReadOnlyList<string> Sets
    {
        get
        {
            // The default set may have nothing but what all have.
            var named = Parameters.SelectMany(parameter => parameter.Sets.Keys).Append(DefaultSet).Where(set => set != AllSets).Distinct(StringComparer.Ordinal)
                // What only objects meet that have the property is no way to write the command.
                .Where(set => !Parameters.Any(parameter => parameter.Hidden && parameter.Sets.GetValueOrDefault(set) is { Mandatory: true }))
                .Where(set => set == DefaultSet || Parameters.Any(parameter => !parameter.Hidden && parameter.Sets.ContainsKey(set)))
                .OrderBy(set => set == DefaultSet ? 0 : 1).ToArray();
            return named.Length == 0 ? [AllSets] : named;
        }
    }

    public static IReadOnlyList<CmdletInfo> All(Assembly assembly) =>
    [
        .. assembly.GetExportedTypes().Where(type => !type.IsAbstract && Find<CmdletAttribute>(type) is not null).Select(Describe).OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal),
    ];

    /// <summary>The parameters of one set: by position, then by name, the required ones first.</summary>
    public IEnumerable<(ParameterInfo Parameter, Binding Binding)> InSet(string set) =>
        Parameters.Where(parameter => !parameter.Hidden)
            .Select(parameter => (parameter, Binding: parameter.Sets.GetValueOrDefault(set) ?? parameter.Sets.GetValueOrDefault(AllSets)))
            .Where(item => item.Binding is not null).Select(item => (item.parameter, item.Binding!))
            .OrderBy(item => item.Item2.Position ?? int.MaxValue).ThenBy(item => item.Item2.Mandatory ? 0 : 1);

    static CmdletInfo Describe(Type type)
    {
        var cmdlet = Find<CmdletAttribute>(type)!;
        var outputs = type.GetCustomAttributesData().Where(data => data.AttributeType == typeof(OutputTypeAttribute))
            .SelectMany(data => data.ConstructorArguments).SelectMany(Types).ToArray();
        var parameters = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetCustomAttributesData().Any(data => data.AttributeType == typeof(ParameterAttribute)))
            // One that a cmdlet has for itself hides its base's of the same name, as the engine has it.
            .GroupBy(static property => property.Name, StringComparer.Ordinal).Select(static same => same.MinBy(static property => Depth(property.DeclaringType!))!)
            .OrderBy(property => Depth(property.DeclaringType!)).ThenBy(property => property.MetadataToken).Select(ParameterInfo.Describe).ToArray();
        return new CmdletInfo(type, (string)cmdlet.ConstructorArguments[0].Value!, (string)cmdlet.ConstructorArguments[1].Value!, Named(cmdlet, "DefaultParameterSetName") as string ?? AllSets,
            Named(cmdlet, "SupportsShouldProcess") is true, ((ConfirmImpact)(Named(cmdlet, "ConfirmImpact") as int? ?? (int)ConfirmImpact.Medium)).ToString(), parameters, outputs);
    }

    static IEnumerable<Type> Types(CustomAttributeTypedArgument argument) => argument.Value switch
    {
        Type type => [type],
        IEnumerable<CustomAttributeTypedArgument> many => many.SelectMany(Types),
        _ => [],
    };

    static int Depth(Type type) => type.BaseType is null ? 0 : -1 - Math.Abs(Depth(type.BaseType));

    internal static CustomAttributeData? Find<T>(MemberInfo member) => member.GetCustomAttributesData().FirstOrDefault(data => data.AttributeType == typeof(T));

    internal static object? Named(CustomAttributeData data, string name) => data.NamedArguments.FirstOrDefault(argument => argument.MemberName == name).TypedValue.Value;
}

/// <summary>How a parameter is bound in one set.</summary>
sealed record Binding(bool Mandatory, int? Position, bool ByValue, bool ByPropertyName)
{
    public string Pipeline => (ByValue, ByPropertyName) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };
}

/// <summary>A parameter of a cmdlet.</summary>
sealed record ParameterInfo(string Name, Type Type, IReadOnlyDictionary<string, Binding> Sets, IReadOnlyList<string> Aliases, bool Hidden, bool Wildcards, bool Completed)
{
    public bool IsSwitch => Type == typeof(SwitchParameter);

    /// <summary>As help shows it: int[], string, CrTask[].</summary>
    public string TypeName => ShortName(Type);

    public static ParameterInfo Describe(PropertyInfo property)
    {
        var sets = new Dictionary<string, Binding>(StringComparer.Ordinal);
        bool hidden = false;
        foreach (var data in property.GetCustomAttributesData().Where(data => data.AttributeType == typeof(ParameterAttribute)))
        {
            hidden |= CmdletInfo.Named(data, "DontShow") is true;
            sets[CmdletInfo.Named(data, "ParameterSetName") as string ?? "__AllParameterSets"] = new Binding(
                CmdletInfo.Named(data, "Mandatory") is true,
                CmdletInfo.Named(data, "Position") as int?,
                CmdletInfo.Named(data, "ValueFromPipeline") is true,
                CmdletInfo.Named(data, "ValueFromPipelineByPropertyName") is true);
        }
        var aliases = CmdletInfo.Find<AliasAttribute>(property)?.ConstructorArguments[0].Value is IEnumerable<CustomAttributeTypedArgument> names ? names.Select(name => (string)name.Value!).ToArray() : [];
        return new ParameterInfo(property.Name, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, sets, aliases, hidden, CmdletInfo.Find<SupportsWildcardsAttribute>(property) is not null,
            (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is var type && (type.IsEnum || (type.IsArray && type.GetElementType()!.IsEnum))
                || CmdletInfo.Find<ArgumentCompleterAttribute>(property) is not null || CmdletInfo.Find<ValidateSetAttribute>(property) is not null);
    }

    internal static string ShortName(Type type) => type switch
    {
        { IsArray: true } => ShortName(type.GetElementType()!) + "[]",
        _ when type == typeof(string) => "string",
        _ when type == typeof(int) => "int",
        _ when type == typeof(uint) => "uint",
        _ when type == typeof(long) => "long",
        _ when type == typeof(ulong) => "ulong",
        _ when type == typeof(byte) => "byte",
        _ when type == typeof(double) => "double",
        _ when type == typeof(PSObject) => "psobject",
        _ => type.Name,
    };
}
