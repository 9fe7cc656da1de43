using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Reports;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios;

/// <summary>Runs the cases of workloads on both sides, and keeps the figures.</summary>
internal sealed class Bench(BenchOptions options, Action<string> progress, CancellationToken cancellation)
{
    private static readonly TimeSpan FullWarmUp = TimeSpan.FromSeconds(2);
    private const int MostWarmUps = 8;

    // Code that is still being compiled becomes faster by more than that from one time to the next, and takes a larger share
    // of the server's processor time than that.
    private const double StillFaster = 1.05;
    private const double StillCompiles = 0.05;

    private readonly List<Row> _rows = [];
    private readonly List<string> _skipped = [];

    public IReadOnlyList<Row> Rows => _rows;

    public CancellationToken Cancellation => cancellation;

    /// <summary>How often a case uses a new place on each side: to warm up, and in each run.</summary>
    public int RunsOfCase => options.Runs + MostWarmUps;

    /// <summary>What repeats one request: h2load where it is installed, for the generator here would be the limit.</summary>
    public Generator Repeating { get; } = H2Load.Find() as Generator ?? new ClosedLoop();

    public Generator Varying { get; } = new ClosedLoop();

    public BenchOptions Options => options;

    // However short the runs are: a case of few calls a second is compiled no sooner.
    private TimeSpan WarmUp => options.IsQuick ? options.Length : FullWarmUp;

    public IReadOnlyList<string> Skipped => _skipped;

    /// <summary>What could not be measured here; it is said at once, and with the report.</summary>
    public void Skip(string what, string reason)
    {
        _skipped.Add($"{what}: {reason}");
        progress(_skipped[^1]);
    }

    /// <summary>Says what goes on where it takes a while.</summary>
    public void Say(string what) => progress(what);

    /// <summary>Starts both sides, and does something with them.</summary>
    /// <param name="places">How many places it uses.</param>
    /// <param name="work">What it does.</param>
    /// <param name="masks">What further apps may read in each place: the members, as pointers.</param>
    public async Task WithBothAsync(int places, Func<Subject, Subject, Task> work, params string[][] masks)
    {
        progress("starting");
        await using var twin = await TwinSubject.StartAsync(options.Engine);
        await using Subject vibe = options.Address is { } address
            ? new RunningSubject(address, options.Tokens)
            : await VibeSubject.StartAsync(options.Engine, places, masks);
        await work(vibe, twin);
    }

    /// <summary>Measures a case on both sides by turns, so that whatever else the machine does meets both.</summary>
    public async Task MeasureAsync(
        string workload,
        string name,
        string by,
        (Subject Vibe, Subject Twin) sides,
        Func<Subject, TimeSpan, Task<Sample>> run,
        int? size = null
    )
    {
        progress($"{Row.TitleOf(workload, name, size)}: warming up");
        await WarmUpAsync(sides.Vibe, length => run(sides.Vibe, length));
        await WarmUpAsync(sides.Twin, length => run(sides.Twin, length));
        await MeasureAsync(
            workload,
            name,
            by,
            () => run(sides.Vibe, options.Length),
            () => run(sides.Twin, options.Length),
            size
        );
    }

    /// <summary>Does a case until it is no faster than before and nothing of it is being compiled, or often enough.</summary>
    public Task WarmUpAsync(Subject subject, Func<TimeSpan, Task<Sample>> run) => WarmUpAsync(subject.Usage, run);

    /// <summary>The same of whatever tells what it has used.</summary>
    public async Task WarmUpAsync(Func<Usage?> usage, Func<TimeSpan, Task<Sample>> run)
    {
        var fastest = 0.0;
        for (var time = 0; time < MostWarmUps; time++)
        {
            var before = usage();
            var rate = (await run(WarmUp)).PerSecond ?? 0;
            var after = usage();
            var compiled = (after?.Compiler - before?.Compiler) / (after?.Cpu - before?.Cpu) ?? 0;
            if (rate <= fastest * StillFaster && compiled < StillCompiles)
                return;
            fastest = Math.Max(fastest, rate);
        }
    }

    /// <summary>Measures a case by turns, as cold as it is.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="name">The case.</param>
    /// <param name="by">What makes the load.</param>
    /// <param name="ours">Measures Vibe once.</param>
    /// <param name="theirs">Measures the limit once; absent where nothing does the same.</param>
    /// <param name="size">Of how many the case is one, where it is measured how cost grows.</param>
    public async Task MeasureAsync(
        string workload,
        string name,
        string by,
        Func<Task<Sample>> ours,
        Func<Task<Sample>>? theirs,
        int? size = null
    )
    {
        var (vibe, twin) = (new List<Sample>(), new List<Sample>());
        for (var turn = 1; turn <= options.Runs; turn++)
        {
            vibe.Add(await ours());
            if (theirs is not null)
                twin.Add(await theirs());
            var beside = theirs is null
                ? ""
                : $", and the {Workloads.Find(workload)?.Beside ?? "twin"} {Cells.Headline(twin[^1])}";
            progress(
                $"{Row.TitleOf(workload, name, size)}: run {turn} of {options.Runs}, {Cells.Headline(vibe[^1])}{beside}"
            );
        }
        Keep(workload, name, by, vibe, twin, size);
    }

    /// <summary>Keeps what was measured of a case.</summary>
    public void Keep(
        string workload,
        string name,
        string by,
        IReadOnlyList<Sample> vibe,
        IReadOnlyList<Sample> twin,
        int? size
    ) =>
        _rows.Add(
            new Row
            {
                Workload = workload,
                Engine = $"{options.Engine}",
                Case = name,
                Generator = by,
                Vibe = vibe,
                Twin = twin,
                Size = size,
            }
        );

    /// <summary>Loads a server, and gives what came of it with what the server used for it.</summary>
    /// <param name="subject">The server.</param>
    /// <param name="documentsEach">How many documents a call is about.</param>
    /// <param name="load">The load.</param>
    /// <param name="verify">Makes sure that the work was done.</param>
    public static async Task<Sample> RunAsync(
        Subject subject,
        int documentsEach,
        Func<Task<Outcome>> load,
        Func<Outcome, Task> verify
    )
    {
        var before = subject.Usage();
        var outcome = await load();
        var after = subject.Usage();
        await verify(outcome);
        return Sample.From(outcome, documentsEach, before, after);
    }

    /// <summary>Gives no figure where what was counted is not what must be.</summary>
    public static void Expect(string what, long expected, long counted)
    {
        if (expected != counted)
            throw new LoadException(
                $"{what}: {counted:n0} where {expected:n0} were expected; the run gives no figure."
            );
    }
}
