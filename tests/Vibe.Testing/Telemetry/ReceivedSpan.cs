namespace Vibe.Testing.Telemetry;

/// <summary>A span as it arrived.</summary>
public sealed record ReceivedSpan
{
    public required string Service { get; init; }

    /// <summary>Which process sent it.</summary>
    public required string Instance { get; init; }

    /// <summary>The source that made it, for example <c>Vibe.Storage</c>.</summary>
    public required string Source { get; init; }

    public required string Trace { get; init; }
    public required string Id { get; init; }
    public required string Parent { get; init; }
    public required string Name { get; init; }
    public required DateTimeOffset Start { get; init; }
    public required TimeSpan Length { get; init; }
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    /// <summary>The ids of spans that it is linked to.</summary>
    public required IReadOnlyList<string> Links { get; init; }

    internal static ReceivedSpan Read(ReceivedResource resource, string source, WireFields span) =>
        new()
        {
            Service = resource.Service,
            Instance = resource.Instance,
            Source = source,
            Trace = span.Hex(1),
            Id = span.Hex(2),
            Parent = span.Hex(4),
            Name = span.Text(5),
            Start = DateTimeOffset.UnixEpoch.AddMicroseconds(span.Number(7) / 1000.0),
            Length = TimeSpan.FromMicroseconds((span.Number(8) - span.Number(7)) / 1000.0),
            Attributes = ReceivedResource.Attributes(span, 9),
            Links = [.. span.Messages(13).Select(link => link.Hex(2))],
        };
}

/// <summary>One series of a metric as it arrived.</summary>
public sealed record ReceivedSeries(string Name, string Unit, IReadOnlyDictionary<string, string> Attributes);

internal sealed record ReceivedResource(string Service, string Instance)
{
    public static ReceivedResource Read(WireFields? resource)
    {
        var attributes = resource is null ? [] : Attributes(resource, 1);
        return new ReceivedResource(
            attributes.GetValueOrDefault("service.name", ""),
            attributes.GetValueOrDefault("service.instance.id", "")
        );
    }

    public static Dictionary<string, string> Attributes(WireFields message, int number) =>
        message
            .Messages(number)
            .ToDictionary(
                pair => pair.Text(1),
                pair =>
                    pair.Message(2) is { } value
                        ? Enumerable.Range(1, 7).Select(value.Any).First(any => any is not null)!
                        : ""
            );
}
