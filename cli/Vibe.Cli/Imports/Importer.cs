using System.Diagnostics;
using Grpc.Core;
using Vibe.Cli.Documents;
using Vibe.Client;
using WriteOptions = Vibe.Client.WriteOptions;

namespace Vibe.Cli.Imports;

/// <summary>
/// Creates the documents, batch by batch. A batch that is refused is taken apart, so that exactly the records that are
/// wrong, or there already, are left out. While the server is away it tries again with the same keys.
/// </summary>
internal sealed class Importer(Collection<RawJson> collection, ImportReport report, TimeSpan patience)
{
    private const int BatchBytes = 2 << 20;
    private const int Together = 8;
    private const int Tries = 8;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _due;
    private bool _isAway;

    public async Task RunAsync(
        IAsyncEnumerable<Record> records,
        int batchSize,
        int? rate,
        CancellationToken cancellation
    )
    {
        if (rate is { } most)
            batchSize = Math.Clamp(most / 10, 1, batchSize);
        var batch = new List<Record>();
        long bytes = 0;
        await foreach (var record in records)
        {
            if (batch.Count == batchSize || (batch.Count > 0 && bytes + record.Json.Length > BatchBytes))
            {
                await SendAsync(batch, rate, cancellation);
                batch = [];
                bytes = 0;
            }
            batch.Add(record);
            bytes += record.Json.Length;
        }
        if (batch.Count > 0)
            await SendAsync(batch, rate, cancellation);
    }

    private async Task SendAsync(List<Record> batch, int? rate, CancellationToken cancellation)
    {
        if (rate is { } most)
        {
            if (_due - _clock.Elapsed is { Ticks: > 0 } early)
                await Task.Delay(early, cancellation);
            else
                _due = _clock.Elapsed;
            _due += TimeSpan.FromSeconds((double)batch.Count / most);
        }
        // The same id twice is one document; the second is there by the time it would be written.
        var known = batch.Count - batch.DistinctBy(record => record.Id).Count();
        if (known > 0)
            batch = [.. batch.DistinctBy(record => record.Id)];
        for (var attempt = 1; batch.Count > 1; attempt++)
        {
            var refusal = await TryAsync(() => CommitAsync(batch), cancellation);
            if (refusal is null)
            {
                report.Acknowledge(batch.Count, known);
                return;
            }
            var isOne = refusal.Metadata.TryGetValue("write", out var place);
            if (!isOne && refusal.Reason != Reason.MessageTooLarge)
                throw refusal;
            if (refusal.Reason == Reason.ResourceExists || attempt == Tries || !isOne)
                break;
            var index = int.Parse(place!, System.Globalization.CultureInfo.InvariantCulture);
            Refuse(batch[index], refusal);
            batch.RemoveAt(index);
        }
        var (created, existing) = await OneByOneAsync(batch, cancellation);
        report.Acknowledge(created, existing + known);
    }

    private Func<Task> CommitAsync(List<Record> batch)
    {
        var key = NewKey();
        return () =>
        {
            var write = collection.Space.Batch();
            foreach (var record in batch)
                write.Create(collection.Document(record.Id), new RawJson(record.Json));
            return write.CommitAsync(new CommitOptions { IdempotencyKey = key });
        };
    }

    private async Task<(int Created, int Existing)> OneByOneAsync(List<Record> batch, CancellationToken cancellation)
    {
        var (created, existing) = (0, 0);
        await Parallel.ForEachAsync(
            batch,
            new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = cancellation },
            async (record, _) =>
            {
                var refusal = await TryAsync(() => CreateAsync(record), cancellation);
                if (refusal is null)
                    Interlocked.Increment(ref created);
                else if (refusal.Reason == Reason.ResourceExists)
                    Interlocked.Increment(ref existing);
                else
                    Refuse(record, refusal);
            }
        );
        return (created, existing);
    }

    private Func<Task> CreateAsync(Record record)
    {
        var key = NewKey();
        return () =>
            collection
                .Document(record.Id)
                .CreateAsync(new RawJson(record.Json), new WriteOptions { IdempotencyKey = key });
    }

    /// <summary>Carries out a write and gives why it was refused; waits for a server that is away.</summary>
    private async Task<VibeException?> TryAsync(Func<Func<Task>> prepare, CancellationToken cancellation)
    {
        var write = prepare();
        var began = _clock.Elapsed;
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                await write();
                _isAway = false;
                return null;
            }
            catch (VibeException refusal) when (IsAway(refusal))
            {
                if (_clock.Elapsed - began > patience)
                    throw;
                if (!_isAway)
                    report.SayAway(refusal.Reason?.Value ?? refusal.Code.ToString());
                _isAway = true;
                await Task.Delay(delay, cancellation);
            }
            catch (VibeException refusal) when (!ConcernsAll(refusal))
            {
                return refusal;
            }
        }
    }

    private void Refuse(Record record, VibeException refusal) =>
        report.Refuse(
            record.Line,
            refusal.Metadata.GetValueOrDefault("path", ""),
            refusal.Reason?.Value ?? refusal.Code.ToString(),
            refusal.Message
        );

    // What has no reason did not come from a Vibe server: the connection broke, or was never made.
    private static bool IsAway(VibeException refusal) =>
        refusal.Reason == Reason.OutcomeUnknown
        || refusal.Reason == Reason.DeadlineExceeded
        || refusal.Code == StatusCode.Unavailable
        || (refusal.Code == StatusCode.ResourceExhausted && refusal.RetryDelay is not null)
        || refusal is { Reason: null, Code: not (StatusCode.Unauthenticated or StatusCode.PermissionDenied) };

    private static bool ConcernsAll(VibeException refusal) =>
        refusal.Code == StatusCode.Unauthenticated
        || refusal.Reason == Reason.NotGranted
        || refusal.Reason == Reason.GrantRevoked
        || refusal.Reason == Reason.GrantExpired
        || refusal.Reason == Reason.OwnerRequired
        || refusal.Reason == Reason.Internal;

    private static string NewKey() => Guid.NewGuid().ToString("n");
}
