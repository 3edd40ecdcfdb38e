package gebm.trace;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** What values are to be called, and nodes written with these names. */
final class Renaming {
    private final Map<Value, Object> names = new HashMap<>();

    void put(Value value, Object name) {
        names.put(value, name);
    }

    /** {@code argument} with the new names. */
    Object of(Object argument) {
        if (argument instanceof Value value) {
            return names.getOrDefault(value, value);
        } else if (argument instanceof List<?> items) {
            return list(items);
        } else if (argument instanceof Node.Named given) {
            return new Node.Named(given.name(), of(given.value()));
        }
        return argument;
    }

    List<Object> list(List<?> arguments) {
        Object[] named = arguments.stream().map(this::of).toArray();
        return Arrays.asList(named);
    }

    /** {@code node} with the new names; a structure's body is what {@code body} makes of it, and comes first. */
    Node of(Node node, UnaryOperator<List<Node>> body) {
        if (node instanceof Node.Call call) {
            return call.with(call.target(), list(call.args()));
        } else if (node instanceof Node.BreakIf stop) {
            return new Node.BreakIf(of(stop.condition()), stop.site());
        }
        Node.Structure structure = (Node.Structure) node;
        List<Object> arguments = list(structure.arguments());
        List<Node> inside = body.apply(structure.body());
        if (node instanceof Node.Loop n) {
            List<Object> results = list(n.results());
            return new Node.Loop(
                    n.index(),
                    of(n.start()),
                    of(n.end()),
                    n.parameters(),
                    arguments,
                    inside,
                    results,
                    n.outputs(),
                    n.site());
        } else if (node instanceof Node.Gradient n) {
            return new Node.Gradient(
                    n.parameters(),
                    arguments,
                    inside,
                    of(n.total()),
                    list(n.extras()),
                    n.values(),
                    n.gradients(),
                    n.perSample(),
                    n.site());
        }
        Node.Tangent n = (Node.Tangent) node;
        List<List<Object>> directions = n.directions().stream().map(this::list).toList();
        return new Node.Tangent(
                n.parameters(), arguments, directions, inside, list(n.results()), n.values(), n.tangents(), n.site());
    }

    /** {@code nodes} with the new names, bodies too. */
    List<Node> all(List<Node> nodes) {
        return nodes.stream().map(node -> of(node, this::all)).toList();
    }
}
