using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Vibe.Cases.Scenarios;

namespace Vibe.Cases.Worlds;

/// <summary>Makes the statuses that a script fails with, as Vibe's servers make them.</summary>
internal static class Failures
{
    private const string Domain = "vibe";

    public static Status Of(string code, string message) =>
        Of(new JsonObject { ["code"] = code, ["message"] = message });

    public static Status Of(JsonObject fail)
    {
        Known.Only(
            fail,
            ["code", "reason", "message", "retryDelay", "metadata", "violations", "requestId", "domain"],
            "fail"
        );
        var status = new Status
        {
            Code = (int)CodeOf(Known.Text(fail, "code")),
            Message = fail["message"]?.GetValue<string>() ?? "",
        };
        if (fail["reason"] is { } reason)
        {
            var info = new ErrorInfo
            {
                Reason = reason.GetValue<string>(),
                Domain = fail["domain"]?.GetValue<string>() ?? Domain,
            };
            foreach (var (name, value) in fail["metadata"] as JsonObject ?? [])
                info.Metadata.Add(name, value!.GetValue<string>());
            status.Details.Add(Any.Pack(info));
        }
        if (fail["violations"] is JsonArray violations)
        {
            var request = new BadRequest();
            foreach (var violation in violations)
                request.FieldViolations.Add(
                    new BadRequest.Types.FieldViolation
                    {
                        Field = Known.Text(violation!.AsObject(), "field"),
                        Description = Known.Text(violation!.AsObject(), "description"),
                    }
                );
            status.Details.Add(Any.Pack(request));
        }
        if (fail["retryDelay"] is { } delay)
            status.Details.Add(
                Any.Pack(
                    new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(delay.GetValue<double>())) }
                )
            );
        if (fail["requestId"] is { } id)
            status.Details.Add(Any.Pack(new RequestInfo { RequestId = id.GetValue<string>() }));
        return status;
    }

    private static Code CodeOf(string name) =>
        System.Enum.TryParse<Code>(name.Replace("_", ""), ignoreCase: true, out var code)
            ? code
            : throw new ScenarioException($"'{name}' is no code.");
}
