using System.Text;
using System.Text.RegularExpressions;

namespace Vibe.Durability;

/// <summary>Load on a server that was recorded, and the places in the recording at which acknowledgements left.</summary>
internal sealed partial record RecordedLoad(
    Load Load,
    IReadOnlyList<Event> Events,
    (int At, Written Written)[] Acknowledgements
)
{
    /// <summary>Starts a server on data, lets the work write, and stops the server.</summary>
    public static async Task<RecordedLoad> RunAsync(string program, Data data, int padding, Func<Load, Task> work)
    {
        var before = data.Files().Keys;
        var trace = Path.GetTempFileName();
        try
        {
            Load load;
            await using (var server = await ServerProcess.StartAsync(program, data, Recording.Strace(trace)))
            {
                load = new Load(server.Calls, data.Space, padding);
                await work(load);
                await server.StopAsync();
            }
            var events = Recording.Read(trace, data.Folder, before);
            var acknowledgements = Acknowledged(events, load).ToArray();
            // What left and was not recognised would not be held against the server.
            Assert.Equal(load.Acknowledged.Values.ToHashSet(), acknowledgements.Select(each => each.Item2).ToHashSet());
            return new RecordedLoad(load, events, acknowledgements);
        }
        finally
        {
            File.Delete(trace);
        }
    }

    // An acknowledgement carries the etag of what was written, which no other state of any document has.
    private static IEnumerable<(int, Written)> Acknowledged(IEnumerable<Event> events, Load load) =>
        from said in events.OfType<Said>()
        from Match match in Etag().Matches(Encoding.Latin1.GetString(said.Content))
        where load.Acknowledged.ContainsKey(match.Groups[1].Value)
        select (said.Began, load.Acknowledged[match.Groups[1].Value]);

    // The field of an etag, after its length of 22 letters.
    [GeneratedRegex(@"\x16([A-Za-z0-9_-]{22})")]
    private static partial Regex Etag();
}
