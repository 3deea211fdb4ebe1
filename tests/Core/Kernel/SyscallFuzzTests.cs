using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Syscalls;
using Xunit;
using Task = CheckpointRestart.Core.Kernel.Task;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Random system calls with random and hostile arguments end in an errno or a signal for the guest, never in a failed machine.</summary>
public sealed class SyscallFuzzTests
{
    /// <summary>Calls that would only end or stop the run.</summary>
    static readonly HashSet<uint> Left = [1, 252, 119, 173, 29, 72, 179, 162, 267, 407];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Nothing_fails_but_the_call(int seed)
    {
        var random = new Random(seed);
        uint[] numbers = [.. SyscallTable.All.Select(c => c.Number).Where(n => !Left.Contains(n)), 400, 500, 5000, uint.MaxValue];
        int done = 0;
        for (int round = 0; round < 12; round++)
        {
            using var machine = new Machine(GuestRun.OptionsFor("spin", (ulong)seed) with { MemoryLimit = 64 << 20, MaximumTasks = 20, StreamLimit = 1 << 20 });
            machine.EndInput();
            var task = machine.Start(new ProgramOptions { Suspended = true });
            machine.Execute(m => Prepare(m, task));
            for (int i = 0; i < 400 && !task.HasExited && !machine.HasEnded; i++)
            {
                uint number = numbers[random.Next(numbers.Length)];
                var arguments = new uint[6];
                for (int a = 0; a < 6; a++) arguments[a] = Argument(random);
                try
                {
                    machine.Execute(m => Call(m, task, number, arguments));
                }
                catch (Exception exception) when (exception is not ObjectDisposedException)
                {
                    Assert.Fail($"call {SyscallTable.NameOf(number)}({string.Join(", ", arguments.Select(a => a.ToString("x")))}) threw {exception}");
                }
                done++;
            }
            Assert.Null(machine.Failure);
        }
        Assert.True(done > 500, $"only {done} calls were made");
    }

    static bool Prepare(Machine machine, Task task)
    {
        task.AddressSpace!.Map(0x10000000, 0x10000, VmFlags.Read | VmFlags.Write | VmFlags.Exec | VmFlags.May, true, null, 0, out _);
        for (uint at = 0x10000000; at < 0x10001000; at += 64) task.AddressSpace.Write(at, "/tmp/fuzz\0\0\0/proc/self/maps\0\u0001\0\0\0\u0003\0\0\0\0\0\0\u0010\u0040\0\0\0"u8);
        return machine.HasEnded;
    }

    static bool Call(Machine machine, Task task, uint number, uint[] arguments)
    {
        if (task.State != TaskState.Running || task.Call.IsActive) return false;
        var r = task.Registers!;
        (r.Eax, r.Ebx, r.Ecx, r.Edx, r.Esi, r.Edi, r.Ebp) = (number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
        SystemCalls.Enter(task, new Trap(TrapKind.SystemCall, Trap.Interrupt80));
        // A wait ends by force, and what signals do is done.
        if (task.Call.IsActive && task.State == TaskState.Sleeping)
        {
            task.LeaveQueues();
            task.Call.End();
            task.State = TaskState.Running;
            machine.Scheduler.Enqueue(task);
        }
        while (task.State == TaskState.Running && !task.Call.IsActive && !task.DeliverableSignals.IsEmpty) SignalDelivery.Deliver(task);
        return true;
    }

    static uint Argument(Random random) => random.Next(10) switch
    {
        0 => 0,
        1 => (uint)random.Next(8),
        2 => (uint)random.Next(256),
        3 => 0x10000000 + (uint)random.Next(0x1000) * 4 % 0x1000,
        4 => 0x10000000 + (uint)random.Next(0x10010),
        5 => uint.MaxValue - (uint)random.Next(4),
        6 => 0xBFFFF000 + (uint)random.Next(0x2000),
        7 => 1u << random.Next(32),
        8 => GuestArguments.WorkingDirectory,
        _ => (uint)random.NextInt64(1L << 32),
    };
}
