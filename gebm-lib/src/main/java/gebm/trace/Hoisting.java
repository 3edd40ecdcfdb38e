package gebm.trace;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Moves pure operations that give the same in every step of a loop in front of the loop. */
final class Hoisting {
    private final Map<Value, Value> roots;

    private Hoisting(Map<Value, Value> roots) {
        this.roots = roots;
    }

    /** {@code graph} with such operations moved. */
    static Graph applyTo(Graph graph) {
        Hoisting hoisting = new Hoisting(graph.roots());
        return new Graph(graph.inputs(), hoisting.block(graph.nodes()), graph.results());
    }

    private List<Node> block(List<Node> nodes) {
        List<Node> result = new ArrayList<>();
        for (Node node : nodes) {
            if (node instanceof Node.Loop loop) {
                loop(loop.withBody(block(loop.body())), result);
            } else {
                result.add(node);
            }
        }
        return result;
    }

    private void loop(Node.Loop loop, List<Node> before) {
        Set<Value> inside = new HashSet<>(loop.parameters());
        inside.add(loop.index());
        loop.body().forEach(node -> define(node, inside));
        Set<Value> changed = new HashSet<>();
        new Graph(List.of(), loop.body(), List.of()).collectChanged(changed, roots);
        List<Node> body = new ArrayList<>();
        for (Node node : loop.body()) {
            if (node instanceof Node.Call call && Graph.isFixed(call) && stays(call, inside, changed)) {
                before.add(call);
                inside.removeAll(call.outputs());
            } else {
                body.add(node);
            }
        }
        before.add(loop.withBody(body));
    }

    private static void define(Node node, Set<Value> inside) {
        inside.addAll(node.outputs());
        if (node instanceof Node.Structure structure) {
            structure.body().forEach(inner -> define(inner, inside));
        }
    }

    private boolean stays(Node.Call call, Set<Value> inside, Set<Value> changed) {
        boolean[] stays = {true};
        Graph.forEach(call.args(), value -> stays[0] &= !inside.contains(value) && !isChanged(value, changed));
        return stays[0] && call.outputs().stream().noneMatch(output -> isChanged(output, changed));
    }

    private boolean isChanged(Value value, Set<Value> changed) {
        return changed.contains(roots.getOrDefault(value, value));
    }
}
