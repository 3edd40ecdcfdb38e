package gebm.trace;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Gives loops that the engine differentiates names of their own for the arrays they read from outside: libtorch 2.7
 * loses a value after the first step that a loop reads and something after the loop too, when gradients are recorded.
 */
final class LoopReads {
    private final Facts facts;
    private final Supplier<Value> newValue;

    private LoopReads(Facts facts, Supplier<Value> newValue) {
        this.facts = facts;
        this.newValue = newValue;
    }

    /** {@code graph} with such names. */
    static Graph applyTo(Graph graph, Facts facts, Supplier<Value> newValue) {
        LoopReads reads = new LoopReads(facts, newValue);
        return new Graph(graph.inputs(), reads.block(graph.nodes(), false), graph.results());
    }

    private List<Node> block(List<Node> nodes, boolean differentiated) {
        List<Node> result = new ArrayList<>();
        for (Node node : nodes) {
            if (!(node instanceof Node.Structure structure)) {
                result.add(node);
                continue;
            }
            boolean inside = differentiated || !(node instanceof Node.Loop);
            Node.Structure written = structure.withBody(block(structure.body(), inside));
            result.add(differentiated && written instanceof Node.Loop loop ? named(loop, result) : written);
        }
        return result;
    }

    private Node named(Node.Loop loop, List<Node> before) {
        Renaming names = new Renaming();
        for (Value value : read(loop)) {
            Value name = newValue.get();
            facts.same(name, value);
            before.add(new Node.Call("torch.alias", List.of(value), List.of(name), false, loop.site()));
            names.put(value, name);
        }
        return loop.with(names.all(loop.body()), names.list(loop.results()));
    }

    /** The arrays that {@code loop}'s body reads and does not define. */
    private Set<Value> read(Node.Loop loop) {
        Set<Value> read = new LinkedHashSet<>();
        Set<Value> defined = new LinkedHashSet<>(loop.parameters());
        defined.add(loop.index());
        collect(loop.body(), read, defined);
        Graph.read(loop.results(), read);
        read.removeAll(defined);
        read.removeIf(value -> facts.shape(value) == null && facts.type(value) == null); // perhaps a number
        return read;
    }

    private static void collect(List<Node> nodes, Set<Value> read, Set<Value> defined) {
        for (Node node : nodes) {
            Graph.read(node.reads(), read);
            defined.addAll(node.outputs());
            if (node instanceof Node.Loop inner) {
                defined.add(inner.index());
            }
            if (node instanceof Node.Structure structure) {
                defined.addAll(structure.parameters());
                collect(structure.body(), read, defined);
                Graph.read(structure.results(), read);
            }
        }
    }
}
