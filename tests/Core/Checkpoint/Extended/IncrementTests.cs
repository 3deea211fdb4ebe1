using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Tests.Guests;
using Xunit;
using Taken = CheckpointRestart.Core.Checkpoint.Checkpoint;

namespace CheckpointRestart.Core.Tests.Checkpoint.Extended;

/// <summary>Chains of increments: wherever one is taken, the chain is the whole image that would have been taken there, and the machine that is made of it runs on as the original does.</summary>
public class IncrementTests
{
    static readonly int Runs = Environment.GetEnvironmentVariable("CR_TEST_LONG") == "1" ? 12 : 1;

    static readonly string[] Names = ["children", "twothreads", "sharedmap", "memory-map", "sysv-shm", "copies-kinds", "toucher", "vforker", "eventstates", "signals", "futex-wait", "mq"];

    public static TheoryData<string, CpuEngine> Guests
    {
        get
        {
            CpuEngine[] engines = Processor.WindowRefusal == null ? [CpuEngine.Interpreter, CpuEngine.Tables, CpuEngine.Window]
                : Processor.TranslationRefusal == null ? [CpuEngine.Interpreter, CpuEngine.Tables] : [CpuEngine.Interpreter];
            var data = new TheoryData<string, CpuEngine>();
            for (int i = 0; i < Names.Length; i++)
                foreach (var engine in engines)
                    if (Runs > 1 || engine == engines[i % engines.Length]) data.Add(Names[i], engine);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Guests))]
    public void AChainIsTheWholeImage(string name, CpuEngine engine)
    {
        for (int run = 0; run < Runs; run++) Check(name, engine, new Random(name.Sum(static c => c) * 31 + run));
    }

    static void Check(string name, CpuEngine engine, Random random)
    {
        var guest = GuestCase.Own.First(candidate => candidate.Name == name);
        var options = GuestSession.Options(GuestSession.SharedRoot) with { Engine = engine };
        var program = new ProgramOptions { FilePath = guest.Program, Arguments = guest.Arguments, Environment = guest.Environment, Suspended = true };
        ulong total;
        string end;
        using (var straight = Start(options, program, guest))
        {
            Finish(straight.Machine);
            total = straight.Machine.RetiredInstructions;
            end = StateHash.Compute(straight.Machine, StateHashScope.Full);
        }
        string folder = Directory.CreateTempSubdirectory("cr-chain-").FullName;
        var machine = Start(options, program, guest).Machine;
        var opened = new List<Taken>();
        try
        {
            Taken? parent = null;
            int length = random.Next(2, 8);
            long inherited = 0;
            foreach (ulong at in Enumerable.Range(0, length).Select(_ => (ulong)random.NextInt64((long)total)).Order())
            {
                if (machine.RetiredInstructions < at && !machine.RunTo(at, machine.Tasks.First(static task => !task.HasExited), GuestSession.Patience)) break;
                string path = Path.Combine(folder, $"{opened.Count}.cr"), hash = StateHash.Compute(machine, StateHashScope.Full);
                var taken = Checkpointer.Capture(machine);
                opened.Add(taken);
                byte[] whole = ImageEditor.Bytes(taken.Extended!);
                Checkpointer.Write(taken, path, new WriteOptions { Parent = parent });
                Assert.Equal(parent == null ? 1 : parent.ChainLength + 1, taken.ChainLength);
                inherited += taken.PagesInherited;
                using (var chain = Taken.Open(path))
                {
                    Assert.Equal(taken.ChainLength, chain.ChainLength);
                    Assert.Equal(taken.PagesInherited, chain.PagesInherited);
                    using var merged = Checkpointer.Merge(chain, Path.Combine(folder, "merged.cr"), overwrite: true);
                    Assert.True(whole.AsSpan().SequenceEqual(File.ReadAllBytes(merged.Path!)), "a merged chain is the whole image");
                    using var read = MachineImage.Restore(chain.Extended!, options.Root, o => o with { Engine = engine });
                    Assert.Equal(hash, StateHash.Compute(read, StateHashScope.Full));
                    Finish(read);
                    Assert.Equal(end, StateHash.Compute(read, StateHashScope.Full));
                    Assert.Equal(total, read.RetiredInstructions);
                }
                switch (random.Next(3))
                {
                    // As it was taken: its frames tell.
                    case 0:
                        parent = taken;
                        break;
                    // From its file: the machine may have kept the frames, or all is compared.
                    case 1:
                        opened.Add(parent = Taken.Open(path));
                        taken.Dispose();
                        break;
                    // In another machine, made of the image.
                    default:
                        opened.Add(parent = Taken.Open(path));
                        machine.Dispose();
                        machine = MachineImage.Restore(parent.Extended!, options.Root, o => o with { Engine = engine });
                        break;
                }
            }
            // Even what starts has pages that nobody writes.
            Assert.True(parent is null or { ChainLength: 1 } || inherited > 0, "an increment leaves something to its parent");
        }
        finally
        {
            machine.Dispose();
            foreach (var one in opened) one.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    static GuestSession Start(MachineOptions options, ProgramOptions program, GuestCase guest)
    {
        var session = GuestSession.Start(options, program);
        session.Machine.SendInput(guest.Input);
        session.Machine.EndInput();
        return session;
    }

    static void Finish(Machine machine)
    {
        machine.Thaw();
        foreach (var task in machine.Tasks) machine.Thaw(task);
        Assert.True(machine.RunTo(ulong.MaxValue, null, GuestSession.Patience) || machine.Tasks.All(static task => task.HasExited), "the program did not end");
    }
}
