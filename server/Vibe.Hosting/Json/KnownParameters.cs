using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Http;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Json;

/// <summary>
/// Refuses parameters of a REST query that the request of the method does not have, that stand elsewhere (in the path or
/// the body), or that come twice where one is meant: whatever would be passed over in silence changes what the request
/// means, as a misspelt <c>if_match</c> does.
/// </summary>
internal static class KnownParameters
{
    /// <summary>Checks a query against the message of its method.</summary>
    /// <exception cref="VibeException">MESSAGE_MALFORMED, naming the parameter.</exception>
    public static void Check(IQueryCollection query, MethodDescriptor method, HttpRule rule)
    {
        if (query.Count == 0)
            return;
        var elsewhere = InPath(rule).Append(rule.Body).ToHashSet();
        var seen = new HashSet<string>();
        foreach (var (name, values) in query)
        {
            if (rule.Body == "*" || Find(method.InputType, name) is not ({ } field, { } path))
                throw Refused(name, "is no parameter of the method");
            if (elsewhere.Contains(path) || elsewhere.Contains(path.Split('.')[0]))
                throw Refused(name, "stands elsewhere in the request");
            if (!field.IsRepeated && (values.Count > 1 || !seen.Add(path)))
                throw Refused(name, "is there more than once");
        }
    }

    // The member that a dotted name leads to, by the names of the contract.
    private static (FieldDescriptor, string)? Find(MessageDescriptor message, string name)
    {
        var path = new List<string>();
        var parts = name.Split('.');
        for (var index = 0; ; index++)
        {
            var field = message
                .Fields.InDeclarationOrder()
                .FirstOrDefault(field => field.JsonName == parts[index] || field.Name == parts[index]);
            if (field is null)
                return null;
            path.Add(field.Name);
            var isInner = field.FieldType == FieldType.Message && field.MessageType.File.Package != "google.protobuf";
            if (index == parts.Length - 1)
                return isInner ? null : (field, string.Join('.', path));
            if (!isInner || field.IsRepeated)
                return null;
            message = field.MessageType;
        }
    }

    private static IEnumerable<string> InPath(HttpRule rule)
    {
        var template = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => rule.Get,
            HttpRule.PatternOneofCase.Post => rule.Post,
            HttpRule.PatternOneofCase.Patch => rule.Patch,
            HttpRule.PatternOneofCase.Put => rule.Put,
            _ => rule.Delete,
        };
        return template.Split('{').Skip(1).Select(variable => variable.Split('=', '}')[0]);
    }

    private static VibeException Refused(string name, string problem) =>
        CallErrors.MessageMalformed($"The query parameter '{JsonPointer.ForMessage(name)}' {problem}.");
}
