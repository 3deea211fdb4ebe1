using CheckpointRestart.Core.Files;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CheckpointRestart.Core.Tests.Files;

/// <summary>Random operations give on the tree what they give on a real kernel, and the same over every kind of root.</summary>
public class TreeModelTests
{
    static readonly Config Many = Repeatable.Config.WithMaxTest(60);

    [Fact]
    public void TheTreeDoesWhatLinuxDoes()
    {
        if (!OperatingSystem.IsLinux()) return;
        Check((operations, host) =>
        {
            using var machine = new TestMachine();
            using var tree = new TreeOperations(machine);
            using var real = new HostOperations(host.Path);
            return OperationGenerator.FirstDifference(operations, real, tree);
        });
    }

    [Fact]
    public void AnOverlayDoesWhatAnEmptyRootDoes() => Check((operations, host) =>
    {
        using var machine = new TestMachine();
        using var overlay = host.Machine();
        using var one = new TreeOperations(machine);
        using var other = new TreeOperations(overlay, "/");
        return OperationGenerator.FirstDifference(operations, one, other);
    });

    [Fact]
    public void AWritableRootDoesWhatAnEmptyRootDoes() => Check((operations, host) =>
    {
        using var machine = new TestMachine();
        using var writable = host.Machine(writable: true);
        using var one = new TreeOperations(machine);
        using var other = new TreeOperations(writable, "/");
        return OperationGenerator.FirstDifference(operations, one, other);
    });

    [Fact]
    public void AnOverlayOverAUsedDirectoryDoesWhatTheDirectoryDoes()
    {
        if (!OperatingSystem.IsLinux()) return;
        Check((operations, host) =>
        {
            // Half of the operations make the host's directory; the rest run over it, and on it. The names of one file on the host
            // are files of their own in the machine.
            operations = [.. operations.Where(operation => operation.Kind != OperationKind.Link)];
            int half = operations.Length / 2;
            using (var maker = new HostOperations(host.Path))
                foreach (var operation in operations.Take(half)) maker.Do(operation, new());
            using var copy = new HostDirectory();
            using (var maker = new HostOperations(copy.Path))
                foreach (var operation in operations.Take(half)) maker.Do(operation, new());
            using var machine = host.Machine();
            using var tree = new TreeOperations(machine, "/");
            using var real = new HostOperations(copy.Path);
            return OperationGenerator.FirstDifference(operations[half..], real, tree);
        });
    }

    static void Check(Func<Operation[], HostDirectory, string?> difference) =>
        Prop.ForAll(OperationGenerator.Sequences, operations =>
        {
            using var host = new HostDirectory();
            string? text = difference(operations, host);
            return (text == null).Label(text ?? "");
        }).Check(Many);
}
