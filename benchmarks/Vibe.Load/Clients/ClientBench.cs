using System.Text.Json.Nodes;
using Vibe.Load.Generators;
using Vibe.Load.Measures;
using Vibe.Load.Scenarios;
using Vibe.Load.Servers;

namespace Vibe.Load.Clients;

/// <summary>Measures the client of one language beside the code that is generated for it, by the same loop.</summary>
internal sealed class ClientBench(Bench bench, string language, VibeSubject server, string[] words)
{
    private const string By = "its own loop";
    private const int Many = 32;
    private const int Writers = 16;
    private const int MostWarmUps = 6;
    private const double StillFaster = 1.05;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    private readonly ClientDocuments _documents = new(server.Channel);

    private int Documents => bench.Options.IsQuick ? 500 : 20_000;

    private int Live => bench.Options.IsQuick ? 100 : 4_000;

    /// <summary>Measures all of it, where the machine has what the language needs.</summary>
    public static async Task RunAsync(Bench bench, string language)
    {
        try
        {
            bench.Say($"{language}: building");
            var words = await ClientProgram.BuildAsync(bench.Options.IsQuick ? ["--quick", language] : [language]);
            await using var server = await VibeSubject.StartAsync(bench.Options.Engine, places: 4);
            await new ClientBench(bench, language, server, words).RunAsync();
            if (!bench.Options.IsQuick)
                await ClientPackages.MeasureAsync(bench, language);
        }
        catch (MissingClientException missing)
        {
            bench.Skip(language, missing.Message);
        }
    }

    private async Task RunAsync()
    {
        await using (var pair = await Pair.StartAsync(words, bench.Cancellation))
        {
            await CallsAsync(pair);
            await CatchUpAsync(pair);
            await LiveAsync(pair);
        }
        await StartAsync();
    }

    private async Task CallsAsync(Pair pair)
    {
        var token = server.NewAccess()();
        var document = await _documents.CreateAsync(token, ClientDocuments.Large, bench.Cancellation);
        var value = JsonNode.Parse(ClientDocuments.Large.Span);
        await pair.OpenAsync(server.Address, token, bench.Cancellation);
        foreach (var inFlight in new[] { 1, Many })
        {
            await LoopAsync(pair, $"get, {inFlight} in flight", seconds => Request("get", inFlight, seconds));
            await LoopAsync(pair, $"create, {inFlight} in flight", seconds => Request("create", inFlight, seconds));
        }

        object Request(string verb, int inFlight, double seconds) =>
            new
            {
                @do = verb,
                document,
                value,
                inFlight,
                seconds,
            };
    }

    private async Task LoopAsync(Pair pair, string name, Func<double, object> request)
    {
        var warm = bench.Options.Length < WarmUp ? bench.Options.Length : WarmUp;
        foreach (var program in new[] { pair.OfOurs, pair.OfBare })
            await WarmUpAsync(() => RunAsync(program, request(warm.TotalSeconds)));
        await MeasureAsync(pair, name, program => RunAsync(program, request(bench.Options.Length.TotalSeconds)));
    }

    // Until it is no faster than before: what is compiled as it runs becomes fast late.
    private async Task WarmUpAsync(Func<Task<Sample>> run)
    {
        var fastest = 0.0;
        for (var time = 0; time < (bench.Options.IsQuick ? 1 : MostWarmUps); time++)
        {
            var rate = (await run()).PerSecond!.Value;
            if (rate <= fastest * StillFaster)
                return;
            fastest = Math.Max(fastest, rate);
        }
    }

    private async Task CatchUpAsync(Pair pair)
    {
        var token = server.NewAccess()();
        await _documents.FillAsync(token, Documents, bench.Cancellation);
        await pair.OpenAsync(server.Address, token, bench.Cancellation);
        foreach (var program in new[] { pair.OfOurs, pair.OfBare })
            await WarmUpAsync(() => CatchUpAsync(program));
        await MeasureAsync(pair, $"catch-up with {Documents:n0}", CatchUpAsync);
    }

    private async Task<Sample> CatchUpAsync(ClientProgram program) =>
        await RunAsync(program, Follow(0, keep: false), Documents);

    private async Task LiveAsync(Pair pair)
    {
        var token = server.NewAccess()();
        await pair.OpenAsync(server.Address, token, bench.Cancellation);
        foreach (var program in new[] { pair.OfOurs, pair.OfBare })
            await LiveAsync(program, token);
        await MeasureAsync(pair, "live", program => LiveAsync(program, token));
    }

    private async Task<Sample> LiveAsync(ClientProgram program, string token)
    {
        await program.DoAsync(Follow(Live, keep: false), bench.Cancellation);
        var before = ProcessTree.Cpu(program.Id);
        var written = _documents.WriteAsync(token, Live, Writers, bench.Cancellation);
        var answer = await program.NextAsync(bench.Cancellation);
        await written;
        return Pair.SampleOf(program, answer, before);
    }

    // Memory does not shrink, and nothing is loaded twice: each run takes a process of its own.
    private async Task StartAsync()
    {
        var token = server.NewAccess()();
        var document = await _documents.CreateAsync(token, ClientDocuments.Small, bench.Cancellation);
        await _documents.FillAsync(token, Documents - 1, bench.Cancellation);
        var (ours, bare) = (new List<FreshRun>(), new List<FreshRun>());
        // The first run finds files that were not read before.
        var ignored = bench.Options.IsQuick ? 0 : 1;
        for (var run = 0; run < ignored + bench.Options.Runs; run++)
        {
            ours.Add(await FreshRun.OfAsync(words, Pair.Ours, server.Address, token, document, bench.Cancellation));
            bare.Add(await FreshRun.OfAsync(words, Pair.Bare, server.Address, token, document, bench.Cancellation));
        }
        Keep("load", each => new Sample { Start = each.Loaded.TotalMilliseconds });
        Keep("start to first answer", each => new Sample { Start = each.Answered.TotalMilliseconds });
        Keep(
            $"holding {Documents:n0}",
            each => new Sample { Grown = Usage.Mebibytes(each.Grown), Memory = Usage.Mebibytes(each.Peak) }
        );

        void Keep(string name, Func<FreshRun, Sample> sample) =>
            bench.Keep(
                language,
                name,
                By,
                [.. ours.Skip(ignored).Select(sample)],
                [.. bare.Skip(ignored).Select(sample)],
                null
            );
    }

    private Task MeasureAsync(Pair pair, string name, Func<ClientProgram, Task<Sample>> run) =>
        bench.MeasureAsync(language, name, By, () => run(pair.OfOurs), () => run(pair.OfBare));

    private async Task<Sample> RunAsync(ClientProgram program, object request, long? expected = null)
    {
        var before = ProcessTree.Cpu(program.Id);
        var answer = await program.DoAsync(request, bench.Cancellation);
        if (expected is { } all)
            Bench.Expect("documents that were followed", all, answer.Done);
        return Pair.SampleOf(program, answer, before);
    }

    public static object Follow(int more, bool keep) =>
        new
        {
            @do = "follow",
            more,
            keep,
        };
}
