using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Vibe.Testing;

/// <summary>Writes requests for REST as the HTTP rules of the contract map them.</summary>
public static partial class RestRequests
{
    /// <summary>Writes a request by the first rule of its method whose path it fills.</summary>
    public static HttpRequestMessage Of(MethodDescriptor method, IMessage request)
    {
        var first = method.GetOptions().GetExtension(AnnotationsExtensions.Http);
        var rule = first.AdditionalBindings.Prepend(first).First(rule => Fills(request, TemplateOf(rule).Template));
        var (verb, template) = TemplateOf(rule);
        var bound = new List<string>();
        var path = Variable()
            .Replace(
                template,
                match =>
                {
                    bound.Add(match.Groups[1].Value);
                    return Scalar(request, match.Groups[1].Value);
                }
            );
        var query = string.Join('&', Query(request, bound.Append(rule.Body), ""));
        var message = new HttpRequestMessage(verb, query.Length == 0 ? path : $"{path}?{query}");
        if (rule.Body.Length > 0)
            message.Content = new StringContent(
                JsonFormatter.Default.Format(rule.Body == "*" ? Without(request, bound) : Inner(request, rule.Body)),
                Encoding.UTF8,
                new MediaTypeHeaderValue("application/json")
            );
        return message;
    }

    /// <summary>The method of HTTP and the path of a rule, with what it binds in braces.</summary>
    public static (HttpMethod Verb, string Template) TemplateOf(HttpRule rule) =>
        rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => (HttpMethod.Get, rule.Get),
            HttpRule.PatternOneofCase.Post => (HttpMethod.Post, rule.Post),
            HttpRule.PatternOneofCase.Patch => (HttpMethod.Patch, rule.Patch),
            _ => (HttpMethod.Delete, rule.Delete),
        };

    private static bool Fills(IMessage request, string template) =>
        Variable().Matches(template).All(match => Scalar(request, match.Groups[1].Value).Length > 0);

    private static string Scalar(IMessage message, string path)
    {
        foreach (var name in path.Split('.')[..^1])
            message = Inner(message, name);
        return (string)Field(message, path.Split('.')[^1]).Accessor.GetValue(message);
    }

    private static IMessage Inner(IMessage message, string name) =>
        (IMessage?)Field(message, name).Accessor.GetValue(message)
        ?? (IMessage)Activator.CreateInstance(Field(message, name).MessageType.ClrType)!;

    private static IMessage Without(IMessage message, IEnumerable<string> fields)
    {
        var copy = message.Descriptor.Parser.ParseFrom(message.ToByteArray());
        foreach (var field in fields)
            Field(copy, field).Accessor.Clear(copy);
        return copy;
    }

    private static IEnumerable<string> Query(IMessage message, IEnumerable<string> elsewhere, string prefix)
    {
        if (elsewhere.Contains("*"))
            yield break;
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var name = prefix + field.Name;
            if (elsewhere.Contains(name))
                continue;
            var value = field.Accessor.GetValue(message);
            if (value is IEnumerable<string> texts)
                foreach (var text in texts)
                    yield return $"{name}={Uri.EscapeDataString(text)}";
            else if (value is IMessage inner)
                foreach (var pair in Query(inner, elsewhere, $"{name}."))
                    yield return pair;
            else if (value is string { Length: > 0 } text)
                yield return $"{name}={Uri.EscapeDataString(text)}";
            else if (value is true)
                yield return $"{name}=true";
            else if (value is int and not 0)
                yield return $"{name}={value}";
        }
    }

    private static FieldDescriptor Field(IMessage message, string name) => message.Descriptor.FindFieldByName(name);

    [GeneratedRegex(@"\{([a-z_.]+)=[^}]*\}")]
    private static partial Regex Variable();
}
