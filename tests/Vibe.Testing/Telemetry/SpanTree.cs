namespace Vibe.Testing.Telemetry;

/// <summary>Draws spans as a tree, over processes and links: a link is an edge like that to a parent, and is marked.</summary>
public static class SpanTree
{
    /// <summary>Draws everything that follows from a span.</summary>
    public static IEnumerable<string> Draw(IReadOnlyCollection<ReceivedSpan> spans, ReceivedSpan root)
    {
        var instances = spans.Select(span => span.Instance).Distinct().ToList();
        return Draw(spans, root, "", instances, []);
    }

    private static IEnumerable<string> Draw(
        IReadOnlyCollection<ReceivedSpan> spans,
        ReceivedSpan span,
        string edge,
        List<string> instances,
        HashSet<string> drawn
    )
    {
        if (!drawn.Add(span.Id))
            yield break;
        var attributes = span.Attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal);
        yield return $"{edge}{span.Name}  [{span.Source}, process {(char)('A' + instances.IndexOf(span.Instance))}, "
            + $"{span.Length.TotalMilliseconds:f2} ms]  {string.Join(' ', attributes.Select(pair => $"{pair.Key}={pair.Value}"))}";
        var indent = new string(' ', edge.Length);
        var children = spans.Where(other => other.Parent == span.Id && other.Trace == span.Trace);
        foreach (var child in children.OrderBy(child => child.Start))
        foreach (var line in Draw(spans, child, $"{indent}+- ", instances, drawn))
            yield return line;
        foreach (var caused in spans.Where(other => other.Links.Contains(span.Id)))
        foreach (var line in Draw(spans, caused, $"{indent}~> ", instances, drawn))
            yield return line;
    }
}
