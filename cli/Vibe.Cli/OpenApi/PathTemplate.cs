using System.Text.RegularExpressions;

namespace Vibe.Cli.OpenApi;

/// <summary>
/// A path of an HTTP rule as OpenAPI writes it. A parameter there is one segment, so a name that a rule binds whole,
/// <c>{name=spaces/*/grants/*}</c>, is spelt out: <c>spaces/{space}/grants/{grant}</c>.
/// </summary>
/// <param name="Path">The path.</param>
/// <param name="Variables">What it binds.</param>
internal sealed partial record PathTemplate(string Path, IReadOnlyList<PathVariable> Variables)
{
    public static PathTemplate Of(string template)
    {
        var variables = new List<PathVariable>();
        var path = Binding()
            .Replace(
                template,
                match =>
                {
                    var segments = match.Groups["pattern"].Value.Split('/');
                    var ids = new List<string>();
                    for (var index = 0; index < segments.Length; index++)
                    {
                        if (segments[index] != "*")
                            continue;
                        ids.Add(segments[index - 1][..^1]);
                        segments[index] = $"{{{ids[^1]}}}";
                    }
                    variables.Add(new PathVariable(match.Groups["field"].Value, string.Join('/', segments), ids));
                    return string.Join('/', segments);
                }
            );
        return new PathTemplate(path, variables);
    }

    [GeneratedRegex(@"\{(?<field>[^=}]+)=(?<pattern>[^}]+)\}")]
    private static partial Regex Binding();
}

/// <summary>A member of a request that a path binds.</summary>
/// <param name="Field">The member, by the names of the contract, with dots.</param>
/// <param name="Name">The name that is its value, with its ids in braces.</param>
/// <param name="Ids">The ids in it, by what they are ids of.</param>
internal sealed record PathVariable(string Field, string Name, IReadOnlyList<string> Ids);
