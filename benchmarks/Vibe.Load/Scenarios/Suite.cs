using Grpc.Core;
using Vibe.Load.Generators;
using Vibe.Load.Reports;

namespace Vibe.Load.Scenarios;

/// <summary>Measures workloads one after the other, prints what was found, and keeps it.</summary>
internal static class Suite
{
    private const int Failed = 1;
    private const int Interrupted = 130;

    // Tokens, disks and patience all end; so does a run that hangs.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);

    /// <summary>Measures, and gives the exit code.</summary>
    /// <param name="options">How.</param>
    /// <param name="workloads">What.</param>
    /// <param name="json">Where all figures go too.</param>
    /// <param name="interrupted">Gives up; what was found until then is reported.</param>
    public static async Task<int> MeasureAsync(
        BenchOptions options,
        IEnumerable<Workload> workloads,
        FileInfo? json,
        CancellationToken interrupted
    )
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        cancellation.CancelAfter(Longest);
        var bench = new Bench(options, Console.Error.WriteLine, cancellation.Token);
        var ended = await MeasureAsync(bench, workloads);
        var report = Report.Of(options, bench);
        Table.Print(report);
        if (json is not null)
            await ReportFile.WriteAsync(report, json.FullName, CancellationToken.None);
        return ended;
    }

    private static async Task<int> MeasureAsync(Bench bench, IEnumerable<Workload> workloads)
    {
        var ended = 0;
        foreach (var workload in workloads)
        {
            if (workload.Measure is null)
            {
                Console.Error.WriteLine($"{workload.Id} ({workload.What}) comes with {workload.Comes}.");
                continue;
            }
            try
            {
                bench.Cancellation.ThrowIfCancellationRequested();
                await workload.Measure(bench);
            }
            catch (Exception) when (bench.Cancellation.IsCancellationRequested)
            {
                bench.Skip(workload.Id, "it was cut off.");
                return Interrupted;
            }
            catch (Exception exception) when (exception is LoadException or RpcException)
            {
                // Why is for who runs it: it may be long, and name what is of this machine alone.
                Console.Error.WriteLine($"{workload.Id}: {exception.Message}");
                bench.Skip(workload.Id, "it failed, so that figures are missing.");
                ended = Failed;
            }
        }
        return ended;
    }
}
