using System.Text.Json.Nodes;
using Grpc.Core;
using Vibe.Client.Tests.Scripted;
using Vibe.Data.V1;
using Xunit;

namespace Vibe.Client.Tests;

/// <summary>What waits for its place goes together, and no caller can tell.</summary>
public sealed class SharedWriteTests
{
    private static CancellationToken Stop => Patience.Stop;

    [Fact]
    public async Task Writes_that_wait_go_together_and_each_has_its_own_result()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        var notes = busy.Vibe.Me.Collection("notes");

        var writes = Enumerable
            .Range(0, 50)
            .Select(number => notes.Document($"n{number}").CreateAsync([], cancellationToken: Stop))
            .ToArray();
        busy.Leave(1);
        var results = await Task.WhenAll(writes);

        var request = Assert.Single(busy.Later);
        Assert.Equal(50, request.Writes.Count);
        Assert.NotEmpty(request.IdempotencyKey);
        Assert.Equal(Enumerable.Range(0, 50).Select(number => $"n{number}"), results.Select(result => result.Id));
        Assert.All(results, result => Assert.StartsWith("write-", result.ConsistencyToken, StringComparison.Ordinal));
        await notes.Document("n1").GetAsync(cancellationToken: Stop);
        Assert.Contains(results[0].ConsistencyToken, busy.Server.Documents.Gets.Last().ConsistencyTokens);
        Assert.Equal(
            busy.Server.Documents.Gets.Last().ConsistencyTokens.Distinct().Count(),
            busy.Server.Documents.Gets.Last().ConsistencyTokens.Count
        );
    }

    [Fact]
    public async Task At_most_a_hundred_go_together()
    {
        await using var busy = await BusyClient.StartAsync(Stop);

        var writes = Creates(busy.Vibe, 250);
        busy.Leave(1);
        await Task.WhenAll(writes);

        Assert.Equal([100, 100, 50], busy.Later.Select(request => request.Writes.Count));
    }

    [Fact]
    public async Task Fewer_go_together_where_the_server_takes_fewer()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        Script(busy.Server, 1, (_, _) => throw Failures.Exception(StatusCode.InvalidArgument, Reason.TooManyItems));

        var writes = Creates(busy.Vibe, 260);
        busy.Leave(1);
        await Task.WhenAll(writes);

        Assert.Equal([100, .. Enumerable.Repeat(1, 200), 50, 10], busy.Later.Select(request => request.Writes.Count));
    }

    [Fact]
    public async Task Where_refusals_follow_each_other_ever_more_writes_go_alone_from_the_start()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        Script(
            busy.Server,
            703,
            (request, _) =>
                request.Writes.Count == 1
                    ? Task.FromResult(busy.Server.Documents.Succeed(request))
                    : throw Failures.Exception(StatusCode.AlreadyExists, Reason.ResourceExists, null, ("write", "1"))
        );

        var writes = Creates(busy.Vibe, 700);
        busy.Leave(1);
        await Task.WhenAll(writes);

        // Of 700, 100 are tried together; 200 go alone; 100 are tried; 400 go alone; the last 100 are tried.
        Assert.Equal(703, busy.Later.Length);
        Assert.Equal(
            [0, 201, 602],
            busy.Later.Index().Where(each => each.Item.Writes.Count > 1).Select(each => each.Index)
        );
    }

    [Fact]
    public async Task A_message_that_is_shared_stays_small()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        var notes = busy.Vibe.Me.Collection("notes");
        int[] sizes = [100_000, 100_000, 100_000, 600_000, 10, 10];

        var writes = sizes
            .Select(size => new JsonObject { ["text"] = new string('a', size) })
            .Select(note => notes.CreateAsync(note, cancellationToken: Stop))
            .ToArray();
        busy.Leave(1);
        await Task.WhenAll(writes);

        Assert.Equal([2, 1, 1, 2], busy.Later.Select(request => request.Writes.Count));
    }

    [Fact]
    public async Task A_refused_write_fails_alone_with_its_own_error_and_the_others_land()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        Script(busy.Server, 6, (request, _) => RefuseAsync(busy.Server, request, "n3"));

        var writes = Creates(busy.Vibe, 5);
        busy.Leave(1);
        var error = await Assert.ThrowsAsync<VibeException>(() => writes[3]);
        var landed = await Task.WhenAll(writes.Where(write => write != writes[3]));

        Assert.Equal(Reason.ResourceExists, error.Reason);
        Assert.Equal("0", error.Metadata["write"]);
        Assert.Equal(["n0", "n1", "n2", "n4"], landed.Select(result => result.Id));
        Assert.Equal([5, 1, 1, 1, 1, 1], busy.Later.Select(request => request.Writes.Count));
        Assert.Equal(6, busy.Later.Select(request => request.IdempotencyKey).Distinct().Count());
    }

    [Fact]
    public async Task Keys_access_lists_and_batches_of_the_caller_go_alone()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        var notes = busy.Vibe.Me.Collection("notes");

        Task[] writes =
        [
            notes.Document("a").CreateAsync([], cancellationToken: Stop),
            notes.Document("b").DeleteAsync(cancellationToken: Stop),
            notes.Document("c").CreateAsync([], new WriteOptions { IdempotencyKey = "own" }, Stop),
            notes.Document("d").SetAclAsync(Acl.OwnerOnly, cancellationToken: Stop),
            busy.Vibe.Me.Batch().Delete(notes.Document("e")).CommitAsync(cancellationToken: Stop),
            notes.Document("f").UpdateAsync(new { A = 1 }, cancellationToken: Stop),
            notes.Document("g").ReplaceAsync([], cancellationToken: Stop),
        ];
        busy.Leave(1);
        await Task.WhenAll(writes);

        Assert.Equal(["ab", "c", "d", "e", "fg"], busy.Later.Select(Named));
        Assert.Equal("own", busy.Later[1].IdempotencyKey);
    }

    [Fact]
    public async Task Two_writes_to_one_document_keep_their_order()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        var notes = busy.Vibe.Me.Collection("notes");

        var writes = "abacb"
            .Select(name => notes.Document($"{name}").UpdateAsync(new { A = 1 }, cancellationToken: Stop))
            .ToArray();
        busy.Leave(1);
        await Task.WhenAll(writes);

        Assert.Equal(["ab", "acb"], busy.Later.Select(Named));
    }

    [Fact]
    public async Task What_comes_later_to_a_document_does_not_overtake_a_write_that_goes_again_alone()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        var notes = busy.Vibe.Me.Collection("notes");
        var (together, refuse, first) = (
            new TaskCompletionSource(),
            new TaskCompletionSource(),
            new TaskCompletionSource()
        );
        Script(
            busy.Server,
            5,
            async (request, _) =>
            {
                switch (Named(request))
                {
                    case "ab":
                        together.SetResult();
                        await refuse.Task;
                        return await RefuseAsync(busy.Server, request, "b");
                    case "a":
                        first.TrySetResult();
                        break;
                    case "b":
                        await first.Task;
                        return await RefuseAsync(busy.Server, request, "b");
                }

                return busy.Server.Documents.Succeed(request);
            }
        );

        Task<WriteResult> UpdateAsync(string name, int value) =>
            notes.Document(name).UpdateAsync(new { A = value }, cancellationToken: Stop);
        Task<WriteResult>[] writes = [UpdateAsync("a", 1), UpdateAsync("b", 1), UpdateAsync("a", 2)];
        busy.Leave(1);
        await together.Task.WaitAsync(Stop);

        // Another place is free now; what is for another document takes it, and what must wait does not.
        busy.Leave(1);
        await UpdateAsync("c", 1);
        Assert.Equal(["ab", "c"], busy.Later.Select(Named));
        refuse.SetResult();
        await writes[2];
        await writes[0];
        await Assert.ThrowsAsync<VibeException>(() => writes[1]);

        var values = busy
            .Later.Where(request => Named(request) == "a")
            .Select(request => request.Writes[0].Update.Json.ToStringUtf8());
        Assert.Equal(["""{"A":1}""", """{"A":2}"""], values);
    }

    [Fact]
    public async Task A_caller_that_cancels_before_is_left_out_and_one_that_cancels_later_leaves_the_others_alone()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        var notes = busy.Vibe.Me.Collection("notes");
        using var early = new CancellationTokenSource();
        using var late = new CancellationTokenSource();
        var (arrived, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        Script(
            busy.Server,
            1,
            async (request, _) =>
            {
                arrived.SetResult();
                await answer.Task;
                return busy.Server.Documents.Succeed(request);
            }
        );

        var leftOut = notes.Document("a").CreateAsync([], cancellationToken: early.Token);
        var leaves = notes.Document("b").CreateAsync([], cancellationToken: late.Token);
        var stays = notes.Document("c").CreateAsync([], cancellationToken: Stop);
        await early.CancelAsync();
        var first = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leftOut);
        busy.Leave(1);
        await arrived.Task.WaitAsync(Stop);
        await late.CancelAsync();
        var second = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaves);
        answer.SetResult();

        Assert.Equal("c", (await stays).Id);
        Assert.Equal(early.Token, first.CancellationToken);
        Assert.Equal(late.Token, second.CancellationToken);
        Assert.Equal("bc", Named(Assert.Single(busy.Later)));
    }

    [Fact]
    public async Task A_call_that_nobody_waits_for_any_more_is_ended_and_its_place_is_free()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        using var cancel = new CancellationTokenSource();
        var (arrived, gone) = (new TaskCompletionSource(), new TaskCompletionSource());
        Script(
            busy.Server,
            1,
            async (request, context) =>
            {
                await using var ended = context.CancellationToken.Register(gone.SetResult);
                arrived.SetResult();
                await gone.Task;
                return busy.Server.Documents.Succeed(request);
            }
        );

        var writes = Creates(busy.Vibe, 2, stop: cancel.Token);
        busy.Leave(1);
        await arrived.Task.WaitAsync(Stop);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(writes));
        await gone.Task.WaitAsync(Stop);

        Assert.Equal("z", (await busy.Vibe.Me.Collection("notes").Document("z").CreateAsync([], null, Stop)).Id);
    }

    [Fact]
    public async Task Who_is_late_is_told_at_its_own_deadline_and_the_call_has_the_latest_of_all()
    {
        var time = new WatchedClock();
        await using var busy = await BusyClient.StartAsync(
            server => server.Client(time: time, timeout: TimeSpan.FromMinutes(5)),
            Stop
        );
        var notes = busy.Vibe.Me.Collection("notes");
        var (arrived, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        Script(
            busy.Server,
            1,
            async (request, _) =>
            {
                arrived.SetResult();
                await answer.Task;
                return busy.Server.Documents.Succeed(request);
            }
        );

        var soon = notes.Document("a").CreateAsync([], new() { Timeout = TimeSpan.FromSeconds(1) }, Stop);
        var later = notes.Document("b").CreateAsync([], new() { Timeout = TimeSpan.FromMinutes(3) }, Stop);
        busy.Leave(1);
        await arrived.Task.WaitAsync(Stop);
        time.Advance(TimeSpan.FromSeconds(2));
        var error = await Assert.ThrowsAsync<VibeException>(() => soon);
        answer.SetResult();

        Assert.Equal("b", (await later).Id);
        Assert.Equal(Reason.DeadlineExceeded, error.Reason);
        Assert.Contains("did not end within 1 s", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsRetryable);
        Assert.True(busy.Server.Documents.Deadlines.Last() > DateTime.UtcNow + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again_with_the_same_key()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        Script(busy.Server, 1, (_, _) => throw Failures.Bare(StatusCode.Unavailable));

        var writes = Creates(busy.Vibe, 4);
        busy.Leave(1);
        await Task.WhenAll(writes);

        Assert.Equal([4, 4], busy.Later.Select(request => request.Writes.Count));
        Assert.Single(busy.Later.Select(request => request.IdempotencyKey).Distinct());
    }

    [Fact]
    public async Task What_says_nothing_of_the_writes_is_told_to_each_as_it_would_be_alone()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        Script(busy.Server, 5, (_, _) => throw Failures.Bare(StatusCode.Unavailable));

        var writes = Creates(busy.Vibe, 3);
        busy.Leave(1);
        var errors = new List<VibeException>();
        foreach (var write in writes)
        {
            errors.Add(await Assert.ThrowsAsync<VibeException>(() => write));
        }

        Assert.Equal(5, busy.Later.Length);
        Assert.Equal(3, errors.Distinct().Count());
        Assert.All(errors, error => Assert.Equal(StatusCode.Unavailable, error.Code));
        Assert.All(errors, error => Assert.False(error.IsRetryable));
        Assert.All(errors, error => Assert.Empty(error.Metadata));
    }

    [Fact]
    public async Task A_refusal_by_permission_after_a_lost_answer_leaves_the_outcome_open()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        Script(busy.Server, 1, (_, _) => throw Failures.Bare(StatusCode.Unavailable));
        Script(
            busy.Server,
            1,
            (_, _) => throw Failures.Exception(StatusCode.PermissionDenied, Reason.NotGranted, null, ("write", "1"))
        );

        var writes = Creates(busy.Vibe, 2);
        busy.Leave(1);
        foreach (var write in writes)
        {
            var error = await Assert.ThrowsAsync<VibeException>(() => write);
            Assert.Equal(Reason.OutcomeUnknown, error.Reason);
            Assert.False(error.IsRetryable);
            Assert.Empty(error.Metadata);
        }

        Assert.Equal(2, busy.Later.Length);
    }

    [Fact]
    public async Task Each_write_has_a_span_that_says_with_how_many_it_went()
    {
        await using var busy = await BusyClient.StartAsync(Stop);
        using var spans = new RecordedSpans();
        Script(busy.Server, 1, (_, _) => throw Failures.Bare(StatusCode.Unavailable));

        var writes = Creates(busy.Vibe, 3);
        busy.Leave(1);
        await Task.WhenAll(writes);

        Assert.Equal(3, spans.Count());
        Assert.All(spans, span => Assert.Equal("vibe.data.v1.DocumentService/BatchWrite", span.DisplayName));
        Assert.All(spans, span => Assert.Equal(3, span.GetTagItem("vibe.together")));
        Assert.All(spans, span => Assert.Equal(2, span.GetTagItem("vibe.attempts")));
    }

    private static Task<WriteResult>[] Creates(VibeClient vibe, int count, CancellationToken? stop = null)
    {
        var notes = vibe.Me.Collection("notes");
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(number =>
                    notes.Document($"n{number}").CreateAsync(new JsonObject(), cancellationToken: stop ?? Stop)
                ),
        ];
    }

    private static void Script(
        ScriptedServer server,
        int times,
        Func<BatchWriteRequest, ServerCallContext, Task<BatchWriteResponse>> step
    )
    {
        for (var time = 0; time < times; time++)
        {
            server.Documents.WriteScript.Enqueue(step);
        }
    }

    /// <summary>Refuses a request that writes to a document, as the server does, and lets others succeed.</summary>
    private static Task<BatchWriteResponse> RefuseAsync(ScriptedServer server, BatchWriteRequest request, string id)
    {
        var at = request.Writes.ToList().FindIndex(write => IdOf(write) == id);
        return at < 0
            ? Task.FromResult(server.Documents.Succeed(request))
            : throw Failures.Exception(StatusCode.AlreadyExists, Reason.ResourceExists, null, ("write", $"{at}"));
    }

    private static string Named(BatchWriteRequest request) => string.Concat(request.Writes.Select(IdOf));

    private static string IdOf(Write write) => write.Document.Split('/')[^1];
}
