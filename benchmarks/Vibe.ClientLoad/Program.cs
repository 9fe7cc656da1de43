using Vibe.ClientLoad;

// What the other side needs is not even loaded.
Func<Uri, string, Side> open = args[^1] switch
{
    "ours" => OursSide.Open,
    "bare" => BareSide.Open,
    var other => throw new ArgumentException($"'{other}' is no side; expected 'ours' or 'bare'."),
};
await new Load(Console.In, Console.Out, open).RunAsync();
