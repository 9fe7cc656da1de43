using System.Text.Json;
using Vibe.Load.Generators;
using Vibe.Load.Peers;
using Vibe.Load.Reports;
using Vibe.Load.Scenarios;

namespace Vibe.Load.Publishing;

/// <summary>What the files hold that measuring has written.</summary>
/// <param name="Reports">Vibe beside its twin.</param>
/// <param name="Peers">Vibe beside other systems.</param>
internal sealed record Evidence(IReadOnlyList<Report> Reports, IReadOnlyList<PeerReport> Peers)
{
    /// <summary>All cases beside the twin.</summary>
    public IReadOnlyList<Row> Rows { get; } = [.. Reports.SelectMany(report => report.Rows)];

    /// <summary>Those of the clients, which have a section of their own.</summary>
    public IReadOnlyList<Row> OfClients { get; } =
    [
        .. Reports
            .SelectMany(report => report.Rows)
            .Where(row => Workloads.Clients.Any(client => client.Id == row.Workload)),
    ];

    /// <summary>The workload that all cases are of, where it is one; it has a page of its own.</summary>
    public Workload? OnlyWorkload =>
        Peers.Count == 0 && Rows.Select(row => row.Workload).Distinct().ToArray() is [var only]
            ? Workloads.All.FirstOrDefault(workload => workload.Id == only)
            : null;

    /// <summary>Reads files of either kind.</summary>
    /// <exception cref="LoadException">A case is in two of them: which one would count?</exception>
    /// <exception cref="JsonException">A file is of neither kind.</exception>
    public static async Task<Evidence> ReadAsync(IEnumerable<FileInfo> files, CancellationToken cancellation)
    {
        var (reports, peers) = (new List<Report>(), new List<PeerReport>());
        foreach (var file in files)
            if (await IsOfPeersAsync(file, cancellation))
                peers.Add(await ReportFile.ReadAsync<PeerReport>(file.FullName, cancellation));
            else
                reports.Add(await ReportFile.ReadAsync<Report>(file.FullName, cancellation));
        var evidence = new Evidence(reports, peers);
        var twice = evidence.Rows.Where((row, at) => evidence.Rows.Take(at).Any(row.IsSameCaseAs)).ToArray();
        return twice.Length == 0
            ? evidence
            : throw new LoadException($"More than one file has {string.Join("; ", twice.AsEnumerable())}.");
    }

    // Only they have rows of systems.
    private static async Task<bool> IsOfPeersAsync(FileInfo file, CancellationToken cancellation)
    {
        await using var stream = file.OpenRead();
        using var json = await JsonDocument.ParseAsync(stream, default, cancellation);
        return json.RootElement.TryGetProperty("rows", out var rows)
            && rows.EnumerateArray().Any(row => row.TryGetProperty("system", out _));
    }
}
