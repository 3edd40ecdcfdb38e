package gebm.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Computes common subexpressions once, and calls a value and its other names by one name. */
final class Merging {
    /** An operation and its arguments: the same ones give the same result. */
    private record Expression(String target, List<Object> args) {}

    private final Map<Value, Value> roots;
    private final Set<Value> changed = new HashSet<>();
    private final Renaming names = new Renaming();

    private Merging(Graph graph) {
        roots = graph.roots();
        graph.collectChanged(changed, roots);
    }

    /** {@code graph} with every pure operation written once for its arguments. */
    static Graph applyTo(Graph graph) {
        Merging merging = new Merging(graph);
        List<Node> nodes = merging.block(graph.nodes(), new HashMap<>());
        List<Value> results = new ArrayList<>();
        graph.results().forEach(result -> results.add((Value) merging.names.of(result)));
        return new Graph(graph.inputs(), nodes, results);
    }

    private List<Node> block(List<Node> nodes, Map<Expression, List<Value>> known) {
        List<Node> result = new ArrayList<>();
        for (Node node : nodes) {
            Node named = names.of(node, body -> block(body, new HashMap<>(known)));
            if (named instanceof Node.Call call && isRepetition(call, known)) {
                continue;
            }
            result.add(named);
        }
        return result;
    }

    private boolean isRepetition(Node.Call call, Map<Expression, List<Value>> known) {
        boolean otherName = call.target().equals("{0}") && call.args().get(0) instanceof Value;
        if (otherName && !isChanged(call)) {
            names.put(call.output(), call.args().get(0));
            return true;
        }
        if (!Graph.isFixed(call) || isChanged(call)) {
            return false;
        }
        List<Value> first = known.putIfAbsent(new Expression(call.target(), call.args()), call.outputs());
        for (int i = 0; first != null && i < first.size(); i++) {
            names.put(call.outputs().get(i), first.get(i));
        }
        return first != null;
    }

    /** Whether the memory of an argument or an output is written to anywhere. */
    private boolean isChanged(Node.Call call) {
        Set<Value> touched = new HashSet<>(call.outputs());
        Graph.read(call.args(), touched);
        return touched.stream().anyMatch(value -> changed.contains(roots.getOrDefault(value, value)));
    }
}
