using Grpc.Core;
using Vibe.Client.Tests.Scripted;
using Xunit;

namespace Vibe.Client.Tests;

public sealed class VibeExceptionTests
{
    [Fact]
    public void It_reads_reason_metadata_request_and_delay()
    {
        var error = VibeException.From(
            Failures.Exception(
                StatusCode.ResourceExhausted,
                Reason.SpaceBusy,
                TimeSpan.FromSeconds(2),
                ("space", "spaces/k3f7")
            )
        );

        Assert.Equal(StatusCode.ResourceExhausted, error.Code);
        Assert.Equal(Reason.SpaceBusy, error.Reason);
        Assert.Equal("spaces/k3f7", error.Metadata["space"]);
        Assert.Equal("3f9c", error.RequestId);
        Assert.Equal(TimeSpan.FromSeconds(2), error.RetryDelay);
        Assert.True(error.IsRetryable);
        Assert.Equal("SPACE_BUSY (resource_exhausted): It did not work. [request 3f9c]", error.Message);
    }

    [Fact]
    public void A_failure_without_details_keeps_its_code_and_text()
    {
        var error = VibeException.From(Failures.Bare(StatusCode.DeadlineExceeded));

        Assert.Null(error.Reason);
        Assert.Empty(error.Metadata);
        Assert.Null(error.RequestId);
        Assert.Equal("deadline_exceeded: Gone.", error.Message);
    }

    [Fact]
    public void The_request_id_of_the_trailers_is_taken_where_the_details_lack_it()
    {
        var error = VibeException.From(
            new RpcException(new Status(StatusCode.Internal, "Gone."), new Metadata { { "x-request-id", "77aa" } })
        );

        Assert.Equal("77aa", error.RequestId);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, true, true)]
    [InlineData(StatusCode.Unavailable, false, false)]
    [InlineData(StatusCode.DeadlineExceeded, true, true)]
    [InlineData(StatusCode.DeadlineExceeded, false, false)]
    [InlineData(StatusCode.Internal, true, false)]
    public void Retryable_means_that_nothing_was_done(StatusCode code, bool isRead, bool isRetryable)
    {
        Assert.Equal(isRetryable, VibeException.From(Failures.Bare(code), isRead).IsRetryable);
    }

    [Fact]
    public void A_write_that_storage_refused_is_retryable()
    {
        Assert.True(
            VibeException.From(Failures.Exception(StatusCode.Unavailable, Reason.StorageUnavailable)).IsRetryable
        );
    }

    [Fact]
    public void Reasons_are_an_open_set()
    {
        var error = VibeException.From(Failures.Exception(StatusCode.Aborted, new Reason("A_REASON_OF_TOMORROW")));

        Assert.Equal(new Reason("A_REASON_OF_TOMORROW"), error.Reason);
        Assert.NotEqual(Reason.EtagMismatch, error.Reason);
    }
}
