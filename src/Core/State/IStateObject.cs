namespace CheckpointRestart.Core.State;

/// <summary>An object of a machine that an image carries once, whoever refers to it.</summary>
/// <remarks>What it holds is told in one place, <see cref="Visit"/>, for writing and for reading alike: so what is written is what is read.
/// It is made first, by its kind's entry in the table of kinds, with no more than its constructor needs; when all objects are there, each is filled.</remarks>
internal interface IStateObject
{
    /// <summary>The name of its kind, which an image shows: such as pipe or task.</summary>
    string StateKind { get; }

    /// <summary>Names every field in turn.</summary>
    void Visit(StateVisitor visitor);
}

/// <summary>An object that stands in the way of an image while it is there.</summary>
internal interface IStateObstacle
{
    /// <summary>What the image is refused with.</summary>
    Errno Errno { get; }

    /// <summary>Why, as the end of a sentence about the object.</summary>
    string Reason { get; }
}

/// <summary>Pages of memory that an object holds.</summary>
internal interface IStatePages
{
    /// <summary>Pages that there are now, at most.</summary>
    int PageCount { get; }

    /// <summary>Hands out every page, ascending, and sees to it that none changes under whoever got it: a write makes a copy first.</summary>
    /// <param name="take">Gets the number of the page, its frame (one more reference is the taker's to add), and the object's own word about it.</param>
    void Give(StatePageTaker take);

    /// <summary>Makes room for pages whose contents come later or at once.</summary>
    /// <param name="index">The number of the first page.</param>
    /// <param name="state">The object's own word.</param>
    /// <param name="frame">The frame, whose reference goes over to the object.</param>
    /// <returns>False when such a page cannot be there.</returns>
    bool Accept(uint index, uint state, nint frame);
}

/// <summary>Takes one page of an object.</summary>
internal delegate void StatePageTaker(uint index, nint frame, uint state);
