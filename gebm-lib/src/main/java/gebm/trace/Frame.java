package gebm.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A block of a recording while it is written: the whole program, the body of a loop or of a gradient. */
final class Frame {
    final List<Node> nodes = new ArrayList<>();
    /** What a value of an outer block is called in here. */
    final Map<Value, Value> substitutes = new HashMap<>();
    /** The unfinished structure this block belongs to; its body and results are still empty. Null for the program. */
    Node.Structure header;

    boolean open = true;
}
