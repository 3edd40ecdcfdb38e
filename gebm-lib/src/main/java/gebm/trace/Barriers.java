package gebm.trace;

import gebm.core.Errors;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Places of a program through which no derivative may be taken, where it would be zero without a word. */
final class Barriers {
    /** {@code x} itself; the second argument, which is not printed, says why and what to do. */
    static final String TARGET = "({0})";

    private Barriers() {}

    /**
     * Refuses {@code graph} if one of its derivatives goes through a barrier.
     *
     * @throws UnsupportedOperationException with the barrier's words and the line that asked for the derivative
     */
    static void check(Graph graph) {
        check(graph.nodes(), new HashSet<>(), null);
    }

    /** Adds to {@code active} what depends on the parameters of the derivatives around; {@code site} asked for one. */
    private static void check(List<Node> nodes, Set<Value> active, StackTraceElement site) {
        for (Node node : nodes) {
            if (node instanceof Node.Call call) {
                if (Graph.reads(call.args(), active) && !Rules.isConstant(call)) {
                    if (call.target().equals(TARGET)) {
                        throw refusal((String) call.args().get(1), site);
                    }
                    active.addAll(call.outputs());
                }
            } else if (node instanceof Node.Loop loop) {
                check(loop, active, site);
            } else if (node instanceof Node.Structure structure) {
                Set<Value> inside = new HashSet<>(active);
                inside.addAll(structure.parameters());
                check(structure.body(), inside, structure.site());
                if (Graph.reads(structure.reads(), active)) {
                    active.addAll(structure.outputs());
                }
            }
        }
    }

    private static void check(Node.Loop loop, Set<Value> active, StackTraceElement site) {
        int before = -1;
        while (active.size() > before) { // what a step hands on may make more of the next step depend
            before = active.size();
            for (int i = 0; i < loop.parameters().size(); i++) {
                if (Graph.reads(loop.arguments().get(i), active)
                        || Graph.reads(loop.results().get(i), active)) {
                    active.add(loop.parameters().get(i));
                    active.add(loop.outputs().get(i));
                }
            }
            check(loop.body(), active, site);
        }
    }

    private static UnsupportedOperationException refusal(String why, StackTraceElement site) {
        String[] words = why.split("\\|");
        return Errors.shown(new UnsupportedOperationException(
                words[0] + " (asked for at " + Recorder.place(site) + "); " + words[1]));
    }
}
