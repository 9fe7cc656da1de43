using System.Text.Json.Serialization;
using Vibe.Client.Tests.Scripted;
using Xunit;

namespace Vibe.Client.Tests;

public sealed partial class AddressTests
{
    [Fact]
    public async Task Addresses_are_names_and_ask_nothing()
    {
        await using var vibe = new VibeClient(new Uri("http://127.0.0.1:1"), "token");
        var movie = vibe.Space("k3f7").Collection<Movie>("movies").Document("m1");

        Assert.Equal("spaces/me", vibe.Me.Name);
        Assert.Equal("spaces/k3f7/collections/movies/documents/m1", movie.Name);
        Assert.Equal("m1", movie.Id);
        Assert.Equal("movies", movie.Collection.Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    public async Task An_id_that_would_name_something_else_is_refused(string id)
    {
        await using var vibe = new VibeClient(new Uri("http://127.0.0.1:1"), "token");

        Assert.Throws<ArgumentException>(() => vibe.Space(id));
        Assert.Throws<ArgumentException>(() => vibe.Me.Collection(id));
        Assert.Throws<ArgumentException>(() => vibe.Me.Collection("movies").Document(id));
    }

    [Fact]
    public async Task A_collection_takes_generated_metadata()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var vibe = server.Client();

        await vibe
            .Me.Collection("movies", MovieJson.Default.Movie)
            .CreateAsync(new Movie("Alien"), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("""{"Title":"Alien"}""", server.Documents.Writes.Single().Writes[0].Create.Json.ToStringUtf8());
    }

    [JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(Movie))]
    private sealed partial class MovieJson : JsonSerializerContext;
}
