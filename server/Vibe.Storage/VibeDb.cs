using Microsoft.EntityFrameworkCore;

namespace Vibe.Storage;

/// <summary>A module's share of the model. Rows stay internal to the module that maps them.</summary>
public sealed record ModelPart(Action<ModelBuilder> Build);

/// <summary>The whole model, put together from what the modules map. One derived context for each engine.</summary>
public abstract class VibeDb(DbContextOptions options, IEnumerable<ModelPart> parts) : DbContext(options)
{
    /// <inheritdoc />
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        foreach (var part in parts)
            part.Build(modelBuilder);
    }
}
