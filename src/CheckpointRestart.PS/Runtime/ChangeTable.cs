using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text;
using CheckpointRestart.Core.Checkpoint.Editing;
using CheckpointRestart.Core.Cpu;

namespace CheckpointRestart.PS.Runtime;

/// <summary>Changes as a table: registers and memory by name and address, fd and a number, env: and a name, comm.</summary>
static class ChangeTable
{
    const string Descriptor = "fd", Environment = "env:", Name = "comm";

    /// <summary>The changes of a table.</summary>
    /// <exception cref="CrException">InvalidChange: an entry says nothing that can be changed.</exception>
    internal static IReadOnlyList<StateChange> Parse(IDictionary table, int pid)
    {
        var changes = new List<StateChange>();
        foreach (DictionaryEntry entry in table)
        {
            string key = entry.Key is string text ? text.Trim() : entry.Key is IFormattable number ? "0x" + number.ToString("x", CultureInfo.InvariantCulture) : "";
            var value = entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value;
            changes.Add(One(pid, key, value) ?? throw new CrException("InvalidChange", ErrorCategory.InvalidArgument, $"'{key}' cannot be set to '{(value is null ? "" : RegisterValue.Show(value))}'.",
                "Keys are registers (eax), addresses (0x8049000), descriptors (fd3), variables of the environment (env:HOME) and comm; Get-Help Restore-CrCheckpoint -Parameter Set says what each takes."));
        }
        return changes;
    }

    static StateChange? One(int pid, string key, object? value)
    {
        if (RegisterAccess.Find(key) is { } register) return value is not null && RegisterValue.Parse(register, value) is { } bytes ? new RegisterChange(pid, register, bytes) : null;
        if (key.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return uint.TryParse(key.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint address) && MemoryValue.Parse(value, Encoding.UTF8) is { Length: > 0 } memory ? new MemoryChange(pid, address, memory) : null;
        if (key.StartsWith(Environment, StringComparison.OrdinalIgnoreCase) && key.Length > Environment.Length)
            return value is null or string ? new EnvironmentChange(pid, key[Environment.Length..], (string?)value) : null;
        if (string.Equals(key, Name, StringComparison.OrdinalIgnoreCase)) return value is string name ? new NameChange(pid, name) : null;
        return key.StartsWith(Descriptor, StringComparison.OrdinalIgnoreCase) && int.TryParse(key.AsSpan(Descriptor.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && value is string { Length: > 0 } path ? new DescriptorChange(pid, number, path) : null;
    }
}
