using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Cpu;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Tests.Guests;

namespace CheckpointRestart.Core.Tests.Kernel;

/// <summary>Programs of several processes or threads, and what one run of them comes to.</summary>
internal static class SameRun
{
    /// <summary>Which root a program wants.</summary>
    public enum Needs
    {
        /// <summary>Our own guests.</summary>
        Nothing,
        /// <summary>busybox, with an applet of each name.</summary>
        Busybox,
        /// <summary>The few Debian programs of fetch-debian.sh.</summary>
        Debian,
        /// <summary>All of root-packages.txt.</summary>
        Packages,
    }

    public sealed record Program(string Name, Needs Needs, string Path, params string[] Arguments)
    {
        public ReadOnlyMemory<byte> Input { get; init; }

        public IReadOnlyList<string> Environment { get; init; } = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C"];
    }

    /// <summary>Where a run stops, and what it was there.</summary>
    /// <param name="Most">The most stops.</param>
    /// <param name="Pace">Instructions to the next one, on the average; it grows.</param>
    /// <param name="States">A line each: instructions and hash of the machine.</param>
    public sealed record Stops(int Most, int Pace, List<string> States);

    public static IReadOnlyList<Program> All { get; } =
    [
        new("pipelines with jobs in the background", Needs.Busybox, "/bin/sh", "-c", """
            for n in 1 2 3; do (seq 1 $((n * 300)) | sort -r | while read x; do echo $((x * n)); done | md5sum > /tmp/$n) & done
            sleep 0.2 & (sleep 0.1; kill $!) &
            mkfifo /tmp/f; (while read line; do echo "got $line"; done < /tmp/f) & seq 1 20 > /tmp/f
            wait; cat /tmp/1 /tmp/2 /tmp/3; echo $RANDOM; date +%s%N; ls -l /tmp
            """),
        new("threads that share memory", Needs.Nothing, "/guests/twothreads", "exit"),
        new("futexes", Needs.Nothing, "/guests/futex"),
        new("job control", Needs.Nothing, "/guests/jobs"),
        new("perl, fork", Needs.Debian, "/usr/bin/perl", "-e", """
            my @p;
            for my $n (1..4) {
                pipe(my $r, my $w);
                if (!fork) { my $s = 0; $s = ($s * 31 + $_ * $n) % 65521 for 1..20000; print $w "$n $$ $s ", rand(), " ", time, "\n"; exit $n }
                close $w; push @p, $r;
            }
            print map { scalar <$_> } @p;
            while ((my $k = wait) > 0) { print "$k ", $? >> 8, "\n" }
            """),
        new("python, threading", Needs.Debian, "/usr/bin/python3.11", "-c", """
            import threading, time, os, random
            cond, queue, out = threading.Condition(), [], []
            def work(n):
                while True:
                    with cond:
                        while not queue: cond.wait(0.05)
                        item = queue.pop(0)
                    if item is None: return
                    total = sum(i * i % (item + 3) for i in range(1500))
                    with cond: out.append((n, item, total))
                    time.sleep(0.001 * (item % 3))
            threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
            for t in threads: t.start()
            for i in range(60):
                with cond: queue.append(i); cond.notify()
            with cond: queue.extend([None] * 4); cond.notify_all()
            for t in threads: t.join()
            assert len(out) == 60
            print(out, random.random(), os.urandom(4), time.time(), {"a", "b", "c"}, id(out))
            """),
        new("python, multiprocessing", Needs.Packages, "/usr/bin/python3", "-c", """
            import multiprocessing as m
            def work(n): return n, sum(i * i % (n + 3) for i in range(2000))
            def add(v):
                for _ in range(50):
                    with v.get_lock(): v.value += 1
            with m.Pool(3) as pool: print(sorted(pool.map(work, range(20))))
            v = m.Value("i", 0); q = m.Queue()
            ps = [m.Process(target=add, args=(v,)) for _ in range(3)] + [m.Process(target=q.put, args=("x" * 70000,))]
            for p in ps: p.start()
            print(len(q.get()))
            for p in ps: p.join()
            print(v.value, [p.pid for p in ps])
            """),
        new("python, asyncio", Needs.Packages, "/usr/bin/python3", "-c", """
            import asyncio, time
            async def serve(reader, writer):
                while line := await reader.readline():
                    await asyncio.sleep(0.001); writer.write(line.upper()); await writer.drain()
                writer.close()
            async def client(port, n):
                reader, writer = await asyncio.open_connection("127.0.0.1", port); got = []
                for i in range(10):
                    writer.write(f"client {n} {i}\n".encode()); got.append(await reader.readline())
                writer.close(); return got
            async def main():
                server = await asyncio.start_server(serve, "127.0.0.1", 0); port = server.sockets[0].getsockname()[1]
                print(port, await asyncio.gather(*(client(port, n) for n in range(5))))
                p = await asyncio.create_subprocess_exec("sort", "-r", stdin=-1, stdout=-1); print(await p.communicate(b"a\nc\nb\n"))
                print(await asyncio.get_running_loop().run_in_executor(None, time.time))
            asyncio.run(main())
            """),
        new("redis", Needs.Packages, "/bin/bash", "-c", """
            cd /tmp; redis-server --port 6379 --save "" --logfile /tmp/redis.log & server=$!
            until redis-cli ping > /dev/null 2>&1; do sleep 0.1; done
            redis-benchmark -q -n 300 -c 8 -t set,get,incr,lpush | tr '\r' '\n'
            redis-cli dbsize; redis-cli shutdown nosave; wait $server
            """),
        new("make -j4", Needs.Packages, "/bin/bash", "-c", """
            mkdir /tmp/m && cd /tmp/m
            for n in 1 2 3 4; do echo "int f$n(int x) { for (int i = 0; i < $n; i++) x = x * 31 + i; return x; }" > f$n.c; done
            echo 'int printf(const char *, ...); int f1(int), f2(int), f3(int), f4(int); int main(void) { printf("%d\n", f1(1) + f2(2) + f3(3) + f4(4)); return 0; }' > main.c
            printf 'all: main.o f1.o f2.o f3.o f4.o\n\tgcc -o prog $^\n%%.o: %%.c\n\tgcc -O1 -c $<\n' > Makefile
            make -j4 && ./prog && ls -li --full-time
            """),
        new("sqlite, two writers", Needs.Packages, "/bin/bash", "-c", """
            cd /tmp; sqlite3 d.db 'pragma journal_mode=wal; create table t(w, n, x);'
            for w in 1 2; do
                (for i in 1 2 3 4 5 6 7 8; do sqlite3 -cmd '.timeout 20000' d.db "begin immediate; insert into t select $w, $i, coalesce(max(x), 0) + 1 from t; commit;" || exit 1; done) &
            done
            wait; sqlite3 d.db 'select count(*), max(x), group_concat(w, "") from t; pragma integrity_check;'; md5sum d.db
            """),
        new("bash, a pipeline of five", Needs.Packages, "/bin/bash", "-c", """
            for round in 1 2 3; do seq 1 4000 | sed 's/$/ x/' | gawk '{ print ($1 * 7919) % 4001, $2 }' | sort -n | md5sum; echo "${PIPESTATUS[@]}"; done
            """),
        new("threads that contend", Needs.Packages, "/bin/bash", "-c", """
            cat > /tmp/t.c <<'X'
            #include <pthread.h>
            #include <stdio.h>
            #include <semaphore.h>
            static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, pi, robust; static pthread_cond_t c = PTHREAD_COND_INITIALIZER; static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
            static pthread_barrier_t b; static sem_t s; static long n, turns, held; static int turn;
            static void *work(void *p) {
              int me = (int) (long) p;
              for (int i = 0; i < 400; i++) {
                pthread_mutex_lock(&m); n += me; for (volatile int k = 0; k < 60; k++); pthread_mutex_unlock(&m);
                pthread_mutex_lock(&pi); held++; for (volatile int k = 0; k < 60; k++); pthread_mutex_unlock(&pi);
                pthread_rwlock_rdlock(&rw); volatile long x = turns; (void) x; pthread_rwlock_unlock(&rw);
                if (i % 16 == 0) { pthread_mutex_lock(&m); while (turn != me) pthread_cond_wait(&c, &m); turn = (turn + 1) % 8; turns++; pthread_cond_broadcast(&c); pthread_mutex_unlock(&m); }
                if (i % 50 == 0) { sem_wait(&s); pthread_rwlock_wrlock(&rw); held++; pthread_rwlock_unlock(&rw); sem_post(&s); pthread_barrier_wait(&b); }
              }
              if (me == 3) { pthread_mutex_lock(&robust); return 0; }
              return 0;
            }
            int main(void) {
              pthread_t t[8]; pthread_mutexattr_t a; pthread_mutexattr_init(&a); pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT); pthread_mutex_init(&pi, &a);
              pthread_mutexattr_init(&a); pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST); pthread_mutex_init(&robust, &a);
              pthread_barrier_init(&b, 0, 8); sem_init(&s, 0, 2);
              for (long i = 0; i < 8; i++) pthread_create(&t[i], 0, work, (void *) i);
              for (int i = 0; i < 8; i++) pthread_join(t[i], 0);
              printf("%ld %ld %ld %d\n", n, turns, held, pthread_mutex_lock(&robust));
            }
            X
            gcc -O1 -o /tmp/t /tmp/t.c && /tmp/t
            """),
        new("tmux, two panes", Needs.Packages, "/bin/bash", "-c", """
            export TERM=screen SHELL=/bin/bash
            cat > /tmp/t.conf <<'X'
            set -g default-command "bash --norc --noprofile"
            set -g exit-empty on
            X
            tmux -f /tmp/t.conf new-session -d -x 80 -y 24 'for i in 1 2 3 4 5 6 7 8; do echo "left $i $(seq 1 $((i * 50)) | md5sum)"; sleep 0.2; done; echo left done > /tmp/left; exec cat'
            tmux split-window -h 'read -p "name? " name; for i in 1 2 3 4 5 6; do echo "right $i $name"; sleep 0.3; done; echo right done > /tmp/right; exec cat'
            tmux send-keys -t 1 'somebody' Enter
            until [ -f /tmp/left -a -f /tmp/right ]; do sleep 0.2; done
            tmux list-panes -F '#{pane_index} #{pane_width}x#{pane_height} #{pane_pid} #{pane_tty} #{pane_current_command}'
            tmux capture-pane -p -t 0; tmux capture-pane -p -t 1
            tmux send-keys -t 1 C-d; tmux send-keys -t 0 C-d; sleep 0.5; tmux kill-server; echo "tmux ended"; ls /tmp
            """),
        new("nginx, clients that stay connected", Needs.Packages, "/bin/bash", "-c", """
            mkdir -p /tmp/n/logs /tmp/n/html /var/lib/nginx; cd /tmp/n; seq 1 2000 > html/a; echo hello > html/b
            cat > nginx.conf <<'X'
            daemon off; worker_processes 2; pid /tmp/n/pid; error_log /tmp/n/logs/error.log;
            events { worker_connections 64; }
            http { access_log /tmp/n/logs/access.log; keepalive_requests 1000; client_body_temp_path /tmp/n/c; proxy_temp_path /tmp/n/p; fastcgi_temp_path /tmp/n/f; uwsgi_temp_path /tmp/n/u; scgi_temp_path /tmp/n/s;
              server { listen 127.0.0.1:8080; root /tmp/n/html; } }
            X
            nginx -p /tmp/n -c /tmp/n/nginx.conf & server=$!
            python3 - <<'X'
            import http.client, time, hashlib, threading
            def ready():
                for _ in range(400):
                    try:
                        http.client.HTTPConnection("127.0.0.1", 8080).connect(); return
                    except OSError: time.sleep(0.05)
            ready()
            def client(n, out):
                c = http.client.HTTPConnection("127.0.0.1", 8080); c.connect(); port = c.sock.getsockname()[1]; d = hashlib.md5()
                for i in range(25):
                    c.request("GET", "/a" if i % 3 else "/b"); r = c.getresponse(); body = r.read(); d.update(body)
                    assert r.status == 200 and r.getheader("Connection") == "keep-alive", (r.status, r.getheaders())
                    assert c.sock.getsockname()[1] == port
                    time.sleep(0.01 * (i % 2))
                out[n] = d.hexdigest()
            out = {}
            ts = [threading.Thread(target=client, args=(n, out)) for n in range(3)]
            for t in ts: t.start()
            for t in ts: t.join()
            print(sorted(out.items()))
            X
            kill -QUIT $server; wait $server; echo "nginx $?"; wc -l < logs/access.log; md5sum logs/access.log; cat logs/error.log
            """),
        new("perl, deep in recursion", Needs.Debian, "/usr/bin/perl", "-e", """
            no warnings "recursion"; my %seen;
            sub deep { my ($n, @path) = @_; return 0 if !$n; local $_ = $n; my %h = (n => $n, s => "x" x ($n % 9)); $seen{$n % 97}++; return $h{n} + length($h{s}) + deep($n - 1, $n) - ($_ - $n) }
            sub ack { my ($m, $n) = @_; $m == 0 ? $n + 1 : $n == 0 ? ack($m - 1, 1) : ack($m - 1, ack($m, $n - 1)) }
            print deep(6000), " ", ack(2, 60), " ", scalar(keys %seen), "\n";
            """),
        new("lua, deep in recursion", Needs.Packages, "/usr/bin/lua5.4", "-e", """
            local function ack(m, n) if m == 0 then return n + 1 elseif n == 0 then return ack(m - 1, 1) else return ack(m - 1, ack(m, n - 1)) end end
            local function tree(d) if d == 0 then return {} end return { tree(d - 1), tree(d - 1), name = "n" .. d } end
            local function count(t) if not t[1] then return 1 end return 1 + count(t[1]) + count(t[2]) end
            local co = coroutine.wrap(function() local function walk(n) if n == 0 then coroutine.yield("bottom") return 0 end local r = 1 + walk(n - 1); if n % 1000 == 0 then coroutine.yield(n) end return r end coroutine.yield(walk(9000)) end)
            local function deep(n) if n == 0 then return co() end return (pcall(deep, n - 1)) and n or -1 end
            print(deep(150), ack(2, 150), count(tree(11)), co(), co(), co(), string.rep("ab", 3, "-"):gsub("a", function(x) return x .. ack(1, 5) end))
            """),
        new("python, twenty files of its own tests", Needs.Packages, "/usr/bin/python3", "-m", "test",
            "test_fork1", "test_wait3", "test_wait4", "test_popen", "test_pipes", "test_select", "test_poll", "test_epoll", "test_mmap", "test_fcntl",
            "test_queue", "test_sched", "test_threadsignals", "test_tempfile", "test_fileio", "test_dbm_dumb", "test_shelve", "test_openpty", "test_file", "test_struct"),
    ];

    /// <summary>The root that a program wants.</summary>
    /// <param name="program">The program.</param>
    /// <param name="packages">A directory with all of root-packages.txt; null to make one.</param>
    public static RootOptions RootFor(Program program, string? packages) => program.Needs switch
    {
        Needs.Packages when packages != null => new RootOptions { HostDirectory = packages },
        Needs.Packages => new RootOptions { Archive = DebianRoot.Archive },
        Needs.Debian => new RootOptions { HostDirectory = GuestRoot.DirectoryWithDebian },
        _ => new RootOptions { HostDirectory = GuestRoot.Directory },
    };

    /// <summary>Runs a program to the end of its first process.</summary>
    /// <param name="program">The program.</param>
    /// <param name="root">Its root.</param>
    /// <param name="disturb">True to run it piece by piece, with commands, checkpoints in memory and collections in between.</param>
    /// <param name="engine">What runs guest code.</param>
    /// <param name="translateAfter">Executions before code is translated; null for the usual number.</param>
    /// <param name="stops">Where to stop on the way; null for nowhere.</param>
    /// <returns>A line: status, instructions, the hash of every process at its end and of the machine at the last, and the output.</returns>
    public static string Run(Program program, RootOptions root, bool disturb, CpuEngine engine = CpuEngine.Auto, int? translateAfter = null, Stops? stops = null)
    {
        using var machine = Make(program, root, engine, translateAfter, out var task);
        using var ends = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string last = "";
        int processes = 0;
        long output = 0, errors = 0;
        machine.Execute(m => m.Ending = group =>
        {
            processes++;
            ends.AppendData(Encoding.ASCII.GetBytes($"{group.Id} {m.RetiredInstructions} {StateHash.Compute(group.Threads[0], StateHashScope.Full)}\n"));
            if (!ReferenceEquals(group, task.Group) || last.Length > 0) return;
            last = $"{m.RetiredInstructions} instructions, {m.Clock.Now} ns, {processes} ends {Convert.ToHexStringLower(ends.GetCurrentHash())}, machine {StateHash.Compute(m, StateHashScope.Full)}";
            output = m.Streams.Position(StreamKind.Output);
            errors = m.Streams.Position(StreamKind.Error);
        });
        if (disturb) Disturb(machine, task);
        if (stops != null) Stop(machine, task, stops);
        machine.Thaw(task);
        var run = GuestRun.Finish(machine, task, 900);
        if (run.Failure != null) return $"the machine failed: {run.Failure}";
        if (!run.HasExited) return $"did not end: {run.Where}";
        // What others still write behind the end of the first process does not belong to it.
        string text = Encoding.Latin1.GetString(run.Output, 0, (int)output), complaints = Encoding.Latin1.GetString(run.Errors, 0, (int)errors);
        return string.Create(CultureInfo.InvariantCulture, $"status {run.ExitCode}, {last}: {text}{complaints}");
    }

    /// <summary>A machine in which the program stands at its first instruction.</summary>
    public static Machine Make(Program program, RootOptions root, CpuEngine engine, int? translateAfter, out Core.Kernel.Task task)
    {
        var machine = MachineFactory.Create(new MachineOptions { Root = root, Clock = ClockKind.Virtual, Seed = 7, MemoryLimit = 2L << 30, Engine = engine, TranslateAfter = translateAfter });
        if (!program.Input.IsEmpty) machine.SendInput(program.Input);
        machine.EndInput();
        task = machine.Start(new ProgramOptions
        {
            FilePath = program.Path,
            Arguments = program.Arguments.Select(static argument => argument.ReplaceLineEndings("\n")).ToArray(),
            Environment = program.Environment,
            WorkingDirectory = "/",
            Suspended = true,
        });
        return machine;
    }

    static void Stop(Machine machine, Core.Kernel.Task task, Stops stops)
    {
        var random = new Random(3);
        for (int i = 0; i < stops.Most && !task.HasExited && !machine.HasEnded; i++)
        {
            long most = 2L * stops.Pace << Math.Min(i / 10, 4);
            if (!machine.RunTo(machine.RetiredInstructions + 1 + (ulong)random.NextInt64(most), task, TimeSpan.FromSeconds(120))) return;
            stops.States.Add(string.Create(CultureInfo.InvariantCulture, $"{machine.RetiredInstructions} {StateHash.Compute(machine, StateHashScope.Full)}"));
        }
    }

    /// <summary>Runs in pieces of all lengths, short ones first, and does in between whatever leaves no trace.</summary>
    static void Disturb(Machine machine, Core.Kernel.Task task)
    {
        var random = new Random(2);
        var held = new Queue<IDisposable>();
        for (int piece = 0; !task.HasExited && !machine.HasEnded; piece++)
        {
            ulong most = piece < 40 ? 1000ul << piece / 4 : 30_000_000;
            ulong target = machine.RetiredInstructions + (ulong)random.NextInt64((long)most);
            if (!machine.RunTo(target, task, TimeSpan.FromSeconds(60))) return;
            switch (piece % 5)
            {
                case 0:
                    Hold(machine.Execute(static m => m.Tree.Snapshot()));
                    foreach (var space in machine.Execute(static m => m.Tasks.Select(static t => t.AddressSpace).OfType<AddressSpace>().Distinct().Select(static s => s.Clone(forFork: false)).ToArray())) Hold(space);
                    break;
                case 1:
                    _ = StateHash.Compute(machine, StateHashScope.Full);
                    break;
                case 2:
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    break;
                case 3:
                    _ = machine.Execute(static m => string.Join('\n', m.Tasks.Select(static t => $"{t} {t.State} {t.BlockedCall?.Reason} {t.Instructions} {t.Files?.Count} {t.AddressSpace?.ResidentPages}")));
                    machine.Thaw();
                    machine.Freeze();
                    break;
                default:
                    Thread.Sleep(random.Next(3));
                    break;
            }
        }

        void Hold(IDisposable copy)
        {
            held.Enqueue(copy);
            while (held.Count > 6) machine.Execute(_ => held.Dequeue().Dispose());
        }
    }
}
