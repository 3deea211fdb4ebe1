using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Memory;

namespace CheckpointRestart.Core.Checkpoint.Extended;

/// <summary>The frames of an image's pages while machines are made from it: whoever has the same page has the same frame. Not thread safe.</summary>
internal sealed class ImageFrames : IDisposable
{
    readonly MemoryAccount account;
    readonly FramePages? memory;
    readonly PendingFrames? pending;
    /// <summary>By page, with a reference of its own; 0 for one that nobody asked for.</summary>
    readonly nint[] frames;
    readonly bool canWait, isForSeveral;
    bool isFilled;
    /// <summary>Behind the last page that was asked for.</summary>
    int end;

    /// <param name="image">The image; it may be disposed before the frames are filled.</param>
    /// <param name="account">Whose limit counts.</param>
    /// <param name="isForSeveral">Several machines get the frames.</param>
    public ImageFrames(ExtendedImage image, MemoryAccount account, bool isForSeveral)
    {
        this.account = account;
        this.isForSeveral = isForSeveral;
        frames = new nint[image.Pages.Count];
        memory = image.Pages as FramePages;
        canWait = image.Pages.CanWait;
        if (memory == null) pending = new PendingFrames(new PendingImage(image));
    }

    /// <summary>Frames of pages that follow each other, each with a reference for the caller.</summary>
    /// <param name="page">The first.</param>
    /// <param name="taken">Gets them.</param>
    /// <param name="wasThere">One of them was asked for before.</param>
    /// <exception cref="RestoreException">There is no memory for them.</exception>
    public void Take(int page, Span<nint> taken, out bool wasThere)
    {
        wasThere = false;
        int made = 0;
        var mine = frames.AsSpan(page, taken.Length);
        if (page >= end)
        {
            // All new, which need not be looked at: memory that is read before it is written costs the host twice.
            end = page + taken.Length;
            Make(page, mine);
            mine.CopyTo(taken);
            return;
        }
        end = Math.Max(end, page + taken.Length);
        for (int i = 0; i < taken.Length; i++)
        {
            if (mine[i] == 0)
            {
                int next = i + 1;
                while (next < taken.Length && mine[next] == 0) next++;
                try
                {
                    Make(page + i, mine[i..next]);
                }
                catch
                {
                    FrameStore.Release(taken[..i]);
                    throw;
                }
                made = next;
            }
            else if (i >= made)
            {
                wasThere = true;
                FrameStore.AddReference(Frame.At(mine[i]));
            }
            taken[i] = mine[i];
        }
    }

    /// <summary>Lets go of the frame of a page that one object alone has and that shall stay so: whoever asks for the page again gets another frame.</summary>
    public void GiveUp(int page)
    {
        var frame = Frame.At(frames[page]);
        if (isForSeveral || FrameStore.ReferenceCount(frame) != 1) return;
        frames[page] = 0;
        FrameStore.Release(frame);
    }

    /// <summary>When all frames are taken: fills them now, or leaves that to whoever touches them.</summary>
    /// <returns>What is still to be filled; null when nothing is.</returns>
    /// <exception cref="LostPagesException">Pages cannot be read.</exception>
    public PendingFrames? Settle(bool eager, CancellationToken cancellation)
    {
        if (pending == null || isFilled) return null;
        if (canWait && !eager) return pending;
        pending.FillAll(cancellation);
        isFilled = true;
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FrameStore.Release(frames);
        Array.Clear(frames);
        pending?.Seal();
    }

    /// <summary>Makes frames with two references: the caller's and ours.</summary>
    void Make(int page, Span<nint> made)
    {
        if (memory != null)
        {
            // Of a checkpoint in memory every machine has the same frames, until one writes.
            for (int i = 0; i < made.Length; i++)
            {
                var frame = memory.Share(page + i);
                FrameStore.AddReference(frame);
                made[i] = frame.Address;
            }
            return;
        }
        for (int done = 0; done < made.Length;)
        {
            int some = FrameStore.AllocateRow(account, made.Length - done, references: 2, out var first);
            if (some == 0)
            {
                FrameStore.Release(made[..done]);
                throw new RestoreException(Errno.ENOMEM, "the machine has no memory for the image's pages");
            }
            for (int i = 0; i < some; i++) made[done + i] = first.Address + i * Frame.Size;
            pending!.Add(page + done, first, some);
            done += some;
        }
    }
}
