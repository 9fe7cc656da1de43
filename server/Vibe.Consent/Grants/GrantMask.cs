using Vibe.Consent.V1;
using Vibe.Hosting.Errors;

namespace Vibe.Consent.Grants;

/// <summary>Which members of a grant an update changes.</summary>
internal readonly record struct GrantMask(bool Access, bool ExpireTime, bool ManifestDigest)
{
    /// <summary>Reads a mask: its paths, all for <c>*</c>, what is present without one.</summary>
    /// <exception cref="VibeException">FIELD_INVALID.</exception>
    public static GrantMask Read(UpdateGrantRequest request)
    {
        var grant = request.Grant;
        var paths = request.UpdateMask?.Paths;
        if (paths is null or { Count: 0 })
            return new GrantMask(grant.Access.Count > 0, grant.ExpireTime is not null, grant.ManifestDigest.Length > 0);
        if (paths is ["*"])
            return new GrantMask(true, true, true);
        foreach (var path in paths)
            if (path is not ("access" or "expire_time" or "manifest_digest"))
                throw CallErrors.FieldInvalid(
                    "update_mask",
                    "expected 'access', 'expire_time', 'manifest_digest', or '*' alone."
                );
        return new GrantMask(
            paths.Contains("access"),
            paths.Contains("expire_time"),
            paths.Contains("manifest_digest")
        );
    }
}
