using System.Diagnostics;
using System.Globalization;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>Who works through the candidates' operations.</summary>
internal enum TorchProgram
{
    /// <summary>Ours, operation by operation (<see cref="TorchImagination"/>).</summary>
    Ours,

    /// <summary>PyTorch, eager.</summary>
    Eager,

    /// <summary>PyTorch's TorchScript, traced.</summary>
    Script,
}

/// <summary>Who has the threads that all cores need.</summary>
internal enum TorchThreads
{
    /// <summary>libtorch and its BLAS library, as many as there are cores.</summary>
    Torchs,

    /// <summary>One of ours a core, with one of libtorch's each.</summary>
    Ours,

    /// <summary>One process a core.</summary>
    Processes,
}

/// <summary>One way to lay the same scoring on libtorch out over processes, threads and BLAS libraries.</summary>
/// <param name="Blas">Folder of the OpenBLAS build, openblas-pthread or openblas-openmp.</param>
/// <param name="Waits">OMP_WAIT_POLICY: how threads that have nothing to do wait for work; null leaves it to the library.</param>
internal sealed record TorchArrangement(TorchProgram Program, string Blas, TorchThreads Threads, string? Waits = null)
{
    private const string Python = "/usr/bin/python3";
    private static readonly TimeSpan s_readyDeadline = TimeSpan.FromMinutes(2), s_scoreDeadline = TimeSpan.FromSeconds(30);

    /// <summary>All that are measured: waits only matter where libtorch has several threads. TorchScript has what was fastest of the
    /// others.</summary>
    public static IEnumerable<TorchArrangement> All =>
        from program in Enum.GetValues<TorchProgram>()
        from blas in (string[])["openblas-pthread", "openblas-openmp"]
        from way in (IEnumerable<(TorchThreads Threads, string? Waits)>)
        [
            (TorchThreads.Torchs, null), (TorchThreads.Torchs, "passive"), (TorchThreads.Torchs, "active"), (TorchThreads.Ours, null),
            (TorchThreads.Processes, null),
        ]
        where way.Threads != TorchThreads.Ours || program == TorchProgram.Ours
        where program != TorchProgram.Script || way.Threads == TorchThreads.Processes || way.Waits == "passive"
        select new TorchArrangement(program, blas, way.Threads, way.Waits);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Program switch
    {
        TorchProgram.Ours => "libtorch",
        TorchProgram.Eager => "PyTorch",
        _ => "TorchScript",
    }}, {Blas}, {Threads switch
    {
        TorchThreads.Torchs => "its threads",
        TorchThreads.Ours => "a thread of ours a core",
        _ => "a process a core",
    }}{(Waits is null ? "" : $", {Waits}")}");

    /// <summary>
    /// Seconds of the fastest of some scores of all candidates, from the order to all processes to the last one's answer, and what
    /// processor time one takes on average; stops before that number when <paramref name="most"/> is over.
    /// </summary>
    /// <param name="expected">Sum of returns of candidates [from, to), and of their magnitudes.</param>
    /// <exception cref="RobotException">It cannot run here, or computes something else; says why.</exception>
    public async Task<(double Seconds, double CpuSeconds)> FastestAsync(
        ImaginationProblem problem, int cores, int rounds, TimeSpan most, Func<int, int, (double Sum, double Magnitude)> expected,
        CancellationToken cancel)
    {
        int processes = Threads == TorchThreads.Processes ? cores : 1;
        var peers = new List<Peer>();
        try
        {
            for (int i = 0; i < processes; i++)
            {
                int first = ImaginationProblem.Candidates * i / processes, end = ImaginationProblem.Candidates * (i + 1) / processes;
                peers.Add(new Peer(Start(problem.Folder, first, end - first, cores), expected(first, end)));
            }
            foreach (var peer in peers)
                await peer.ReadyAsync(Blas, s_readyDeadline, cancel);
            double fastest = double.PositiveInfinity, cpu = -peers.Sum(peer => peer.CpuSeconds);
            long begun = Stopwatch.GetTimestamp();
            int done = 0;
            for (; done < rounds && (done < 2 || Stopwatch.GetElapsedTime(begun) < most); done++)
                fastest = Math.Min(fastest, await ScoreAsync(peers, cancel));
            return (fastest, (cpu + peers.Sum(peer => peer.CpuSeconds)) / done);
        }
        finally
        {
            foreach (var peer in peers)
                peer.Dispose();
        }
    }

    private static async Task<double> ScoreAsync(List<Peer> peers, CancellationToken cancel)
    {
        long begun = Stopwatch.GetTimestamp();
        foreach (var peer in peers)
            peer.Order();
        string[] answers = await Task.WhenAll(peers.Select(peer => peer.AnswerAsync(s_scoreDeadline, cancel)));
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        for (int i = 0; i < peers.Count; i++)
            peers[i].Check(answers[i]);
        return seconds;
    }

    private ProcessStartInfo Start(string folder, int first, int count, int cores)
    {
        int torchThreads = Threads == TorchThreads.Torchs ? cores : 1, threads = Threads == TorchThreads.Ours ? cores : 1;
        string script = Path.Combine(Checkout.Root, "bench", "Imagination", "peer.py");
        var start = Program == TorchProgram.Ours
            ? new ProcessStartInfo(
                Checkout.Bench, [TorchImagination.CommandName, folder, $"{first}", $"{count}", $"{threads}", $"{torchThreads}"])
            : new ProcessStartInfo(
                Python, [script, folder, Program == TorchProgram.Eager ? "eager" : "script", $"{first}", $"{count}", $"{torchThreads}"]);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        string? before = Environment.GetEnvironmentVariable("LD_LIBRARY_PATH");
        start.Environment["LD_LIBRARY_PATH"] = string.IsNullOrEmpty(before) ? Library() : $"{Library()}:{before}";
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = $"{torchThreads}";
        start.Environment.Remove("OMP_WAIT_POLICY");
        if (Waits is not null)
            start.Environment["OMP_WAIT_POLICY"] = Waits;
        return start;
    }

    /// <summary>The folder that the loader has to look into first: Debian's alternatives choose one build for all programs.</summary>
    private string Library() =>
        Directory.GetDirectories("/usr/lib", "*-linux-gnu").Select(l => Path.Combine(l, Blas)).FirstOrDefault(Directory.Exists)
        ?? throw new RobotException(ExitCode.Usage, $"{Blas} is not installed (Debian: lib{Blas.Replace("openblas", "openblas0")})");

    /// <summary>One of its processes.</summary>
    private sealed class Peer : IDisposable
    {
        private const double MostApart = 1e-4; // of the sum of all magnitudes: sums of floats in other orders
        private readonly Process _process;
        private readonly Task<string> _errors;
        private readonly (double Sum, double Magnitude) _expected;

        public Peer(ProcessStartInfo start, (double Sum, double Magnitude) expected)
        {
            try
            {
                _process = Process.Start(start)!;
            }
            catch (System.ComponentModel.Win32Exception e)
            {
                throw new RobotException(ExitCode.Usage, $"{start.FileName}: {e.Message}");
            }
            (_errors, _expected) = (_process.StandardError.ReadToEndAsync(), expected);
        }

        /// <summary>Of the whole process so far, to 10 ms.</summary>
        public double CpuSeconds
        {
            get
            {
                _process.Refresh();
                return _process.TotalProcessorTime.TotalSeconds;
            }
        }

        public async Task ReadyAsync(string blas, TimeSpan deadline, CancellationToken cancel)
        {
            string said = await AnswerAsync(deadline, cancel);
            string library = said.StartsWith("ready ", StringComparison.Ordinal) ? said["ready ".Length..]
                : throw new RobotException(ExitCode.FaultsFound, $"it said '{said}' where it should be ready");
            if (!library.Contains($"/{blas}/", StringComparison.Ordinal))
            {
                throw new RobotException(ExitCode.Usage,
                    library == "-" ? "its libtorch does not compute with OpenBLAS" : $"its libtorch has loaded {library}");
            }
        }

        public void Order()
        {
            _process.StandardInput.WriteLine();
            _process.StandardInput.Flush();
        }

        public async Task<string> AnswerAsync(TimeSpan deadline, CancellationToken cancel)
        {
            try
            {
                return await _process.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(deadline, cancel)
                    ?? throw new RobotException(ExitCode.Usage, LastLine(await _errors) ?? "it ended and said nothing");
            }
            catch (TimeoutException)
            {
                throw new RobotException(ExitCode.FaultsFound, $"no answer in {deadline.TotalSeconds:0} s");
            }
        }

        /// <exception cref="RobotException">The answer is not the sum of the engine's returns.</exception>
        public void Check(string answer)
        {
            if (!double.TryParse(answer, CultureInfo.InvariantCulture, out double sum))
                throw new RobotException(ExitCode.FaultsFound, $"it said '{answer}' where its returns' sum was expected");
            if (!(Math.Abs(sum - _expected.Sum) <= MostApart * _expected.Magnitude))
            {
                throw new RobotException(ExitCode.FaultsFound, string.Create(CultureInfo.InvariantCulture,
                    $"its returns' sum is {sum}, the engine's {_expected.Sum}: they do not compute the same"));
            }
        }

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }

        private static string? LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
    }
}
