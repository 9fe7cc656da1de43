using Vibe.Server;
using Vibe.Storage;

// The server as it is, but for one thing that the product cannot be told: SQLite syncs no commit. The tests of durability
// must find it out, or they would find nothing.
var app = VibeHost.Build(WebApplication.CreateBuilder(args));
await app.AssertReadyAsync();
await using (var write = await app.Services.GetRequiredService<Database>().WriteAsync(default))
{
    // Within a transaction the setting cannot be changed, so it is changed between two.
    await write.ExecuteAsync("COMMIT; PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE", [], default);
    await write.CommitAsync();
}
await app.RunAsync();
