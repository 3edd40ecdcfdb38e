package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.flow.Bijection.Image;
import gebm.trace.Program;
import java.util.function.Function;

/** One direction of a bijection: written into a recording, or run as a program of its own on ordinary arrays. */
enum Way {
    FORWARD("latents"),
    INVERSE("points");

    private final String argument;

    Way(String argument) {
        this.argument = argument;
    }

    /** {@code map(x)}, for a {@code map} that is this way of {@code bijection}. */
    Image of(Bijection bijection, NDArray x, Function<NDArray, Image> map) {
        Shape shape = x.getShape();
        int d = bijection.dimension();
        Require.that(shape.dimension() == 2 && shape.get(1) == d, argument, "of shape (n, " + d + ")", shape);
        if (Program.isRecorded(x)) {
            return map.apply(x);
        }
        Program program = Program.cached(
                bijection,
                bijection,
                "gebm.flow." + this,
                () -> Program.ofList(in -> {
                    Image image = map.apply(in.head());
                    return new NDList(image.value(), image.logDetJacobian());
                }));
        NDList both = program.run(x.getManager(), new NDList(x));
        return Image.of(both.get(0), both.get(1));
    }
}
