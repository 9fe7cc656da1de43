using System.Text.RegularExpressions;

namespace Vibe.Cases.Tests.Quickstarts;

/// <summary>Somebody who does what a page says, to the letter, and believes it only while it shows what it promises.</summary>
internal sealed class Stranger(string folder, IReadOnlyDictionary<string, string?> environment) : IAsyncDisposable
{
    private readonly Dictionary<int, Terminal> _terminals = [];
    private int _at;

    public async Task FollowAsync(IReadOnlyList<Block> blocks)
    {
        for (var i = 0; i < blocks.Count; i++)
        {
            var block = blocks[i];
            if (block.IsTyped)
                await TypeAsync(block, blocks.ElementAtOrDefault(i + 1));
            else if (block.IsShown)
                await SeeAsync(block);
            else
                await SaveAsync(block);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var terminal in _terminals.Values)
            await terminal.DisposeAsync();
    }

    private async Task TypeAsync(Block block, Block? next)
    {
        var terminal = TerminalOf(block);
        var isAnswered = next is { IsShown: true } && (next.Terminal ?? _at) == _at;
        if (isAnswered)
            await terminal.TypeAsync(block.Content);
        else
            await terminal.RunAsync(block.Content);
    }

    private async Task SeeAsync(Block block)
    {
        var terminal = TerminalOf(block);
        foreach (var promised in block.Lines)
        {
            var shown = await terminal.LineAsync();
            Assert.True(IsKept(promised, shown), $"promised: {promised}\nshown:    {shown}\n\n{terminal}");
        }
    }

    private async Task SaveAsync(Block block)
    {
        var file = Path.Combine(folder, block.File);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, block.Content);
    }

    private Terminal TerminalOf(Block block)
    {
        _at = block.Terminal ?? _at;
        if (!_terminals.TryGetValue(_at, out var terminal))
            _terminals[_at] = terminal = Terminal.Open(folder, environment);
        return terminal;
    }

    // Dots stand for what differs from one reader to the next.
    private static bool IsKept(string promised, string shown) =>
        Regex.IsMatch(shown, $"^{Regex.Escape(promised).Replace("…", ".+", StringComparison.Ordinal)}$");
}
