using Google.Api;
using Google.Protobuf.Reflection;

namespace Vibe.Cli.HttpRules;

/// <summary>One way in which HTTP reaches a method (<c>google.api.http</c>): its rule, or an additional binding of that.</summary>
/// <param name="Verb">The method of HTTP, in capitals.</param>
/// <param name="Template">The path, with what it binds in braces.</param>
/// <param name="Body">The member that the body is, <c>*</c> for all that the path does not bind, or nothing.</param>
internal sealed record HttpBinding(string Verb, string Template, string Body)
{
    /// <summary>The bindings of a method, its own rule first; none where it has no rule.</summary>
    public static IEnumerable<HttpBinding> Of(MethodDescriptor method) =>
        method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is { } rule
            ? rule.AdditionalBindings.Prepend(rule).Select(Of)
            : [];

    private static HttpBinding Of(HttpRule rule) =>
        rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => new("GET", rule.Get, rule.Body),
            HttpRule.PatternOneofCase.Post => new("POST", rule.Post, rule.Body),
            HttpRule.PatternOneofCase.Put => new("PUT", rule.Put, rule.Body),
            HttpRule.PatternOneofCase.Patch => new("PATCH", rule.Patch, rule.Body),
            HttpRule.PatternOneofCase.Delete => new("DELETE", rule.Delete, rule.Body),
            _ => throw new NotSupportedException($"A rule is bound by {rule.PatternCase}."),
        };
}
