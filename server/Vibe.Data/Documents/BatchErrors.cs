using System.Globalization;
using Vibe.Hosting.Errors;

namespace Vibe.Data.Documents;

/// <summary>Says of a refusal which write of a batch it is about.</summary>
internal static class BatchErrors
{
    public static VibeException InWrite(this VibeException error, int index)
    {
        var place = index.ToString(CultureInfo.InvariantCulture);
        return new VibeException(
            error.Reason,
            $"Write {place}: {error.Message}",
            new Dictionary<string, string>(error.Metadata) { ["write"] = place },
            error.InnerException
        )
        {
            RetryDelay = error.RetryDelay,
            Violations =
            [
                .. error.Violations.Select(violation => ($"writes[{place}].{violation.Field}", violation.Problem)),
            ],
        };
    }
}
