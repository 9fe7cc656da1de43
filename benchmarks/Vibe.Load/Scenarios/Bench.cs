using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Reports;
using Vibe.Load.Servers;

namespace Vibe.Load.Scenarios;

/// <summary>Runs the cases of workloads on both sides, and keeps the figures.</summary>
internal sealed class Bench(BenchOptions options, Action<string> progress, CancellationToken cancellation)
{
    private static readonly TimeSpan MostWarmUp = TimeSpan.FromSeconds(3);

    private readonly List<Row> _rows = [];

    public IReadOnlyList<Row> Rows => _rows;

    public CancellationToken Cancellation => cancellation;

    /// <summary>How often a case uses a new place on each side: to warm up, and in each run.</summary>
    public int RunsOfCase => options.Runs + 1;

    /// <summary>What repeats one request: h2load where it is installed, for the generator here would be the limit.</summary>
    public Generator Repeating { get; } = H2Load.Find() as Generator ?? new ClosedLoop();

    public Generator Varying { get; } = new ClosedLoop();

    /// <summary>Starts both sides, and does something with them.</summary>
    /// <param name="places">How many places it uses.</param>
    /// <param name="work">What it does.</param>
    public async Task WithBothAsync(int places, Func<Subject, Subject, Task> work)
    {
        progress("starting");
        await using var twin = await TwinSubject.StartAsync(options.Engine);
        await using Subject vibe = options.Address is { } address
            ? new RunningSubject(address, options.Tokens)
            : await VibeSubject.StartAsync(options.Engine, places);
        await work(vibe, twin);
    }

    /// <summary>Measures a case on both sides by turns, so that whatever else the machine does meets both.</summary>
    public async Task MeasureAsync(
        string workload,
        string name,
        Generator generator,
        (Subject Vibe, Subject Twin) sides,
        Func<Subject, TimeSpan, Task<Sample>> run
    )
    {
        var (ours, theirs) = (new List<Sample>(), new List<Sample>());
        var warmUp = options.Length < MostWarmUp ? options.Length : MostWarmUp;
        progress($"{workload} {name}: warming up");
        await run(sides.Vibe, warmUp);
        await run(sides.Twin, warmUp);
        for (var turn = 1; turn <= options.Runs; turn++)
        {
            ours.Add(await run(sides.Vibe, options.Length));
            theirs.Add(await run(sides.Twin, options.Length));
            progress(
                $"{workload} {name}: run {turn} of {options.Runs}, "
                    + $"{ours[^1].PerSecond:n0} and the twin {theirs[^1].PerSecond:n0} a second"
            );
        }
        _rows.Add(
            new Row
            {
                Workload = workload,
                Engine = $"{options.Engine}",
                Case = name,
                Generator = generator.Name,
                Vibe = ours,
                Twin = theirs,
            }
        );
    }

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
