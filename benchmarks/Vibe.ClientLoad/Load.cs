using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Vibe.ClientLoad;

/// <summary>Makes the load that it is told to, a request a line. The loop is the same whoever makes the calls.</summary>
internal sealed class Load(TextReader input, TextWriter output, Func<Uri, string, Side> open)
{
    private Side? _side;

    // It is looked at from outside.
    private object? _kept;

    /// <summary>Runs until the input ends.</summary>
    public async Task RunAsync()
    {
        Say(new JsonObject { ["loaded"] = true });
        while (await input.ReadLineAsync() is { } line)
            await DoAsync(JsonNode.Parse(line)!.AsObject());
    }

    private async Task DoAsync(JsonObject request)
    {
        switch ((string)request["do"]!)
        {
            case "open":
                _side = open(new Uri((string)request["address"]!), (string)request["token"]!);
                Say([]);
                break;
            case "get":
                var document = (string)request["document"]!;
                await RepeatAsync(request, side => side.GetAsync(document));
                break;
            case "create":
                var value = request["value"]!.AsObject();
                await RepeatAsync(request, side => side.CreateAsync(value));
                break;
            case "follow":
                await FollowAsync((int)request["more"]!, (bool)request["keep"]!);
                break;
            case var other:
                throw new InvalidOperationException($"'{other}' is nothing that this program does.");
        }
    }

    private async Task RepeatAsync(JsonObject request, Func<Side, Task> call)
    {
        var (clock, length) = (Stopwatch.StartNew(), TimeSpan.FromSeconds((double)request["seconds"]!));
        var done = await Task.WhenAll(Enumerable.Range(0, (int)request["inFlight"]!).Select(_ => CallAsync()));
        SayDone(done.Sum(), clock.Elapsed);

        async Task<int> CallAsync()
        {
            await Task.Yield();
            var count = 0;
            for (; clock.Elapsed < length; count++)
                await call(_side!);
            return count;
        }
    }

    // Until the reader has all, which is said; where more is to come, until that has come too.
    private async Task FollowAsync(int more, bool keep)
    {
        var held = new Dictionary<string, object>();
        _kept = keep ? held : null;
        var (clock, expected) = (Stopwatch.StartNew(), int.MaxValue);
        await foreach (var isAll in _side!.FollowAsync(held, keep))
        {
            if (isAll && expected == int.MaxValue)
            {
                SayDone(held.Count, clock.Elapsed);
                expected = held.Count + more;
                clock.Restart();
            }
            if (held.Count >= expected)
                break;
        }
        if (more > 0)
            SayDone(more, clock.Elapsed);
    }

    private void SayDone(int done, TimeSpan elapsed) =>
        Say(new JsonObject { ["done"] = done, ["seconds"] = elapsed.TotalSeconds });

    private void Say(JsonObject answer)
    {
        output.WriteLine(answer.ToJsonString());
        output.Flush();
    }
}
