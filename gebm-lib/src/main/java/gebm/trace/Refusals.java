package gebm.trace;

import static gebm.trace.Operations.refuse;

/** Rows of methods that have no meaning in a program, with what to write instead. */
final class Refusals {
    static final String VALUES =
            "a recorded array has no values yet. Compute with arrays (where, maximum, sum, ...), or read values from "
                    + "the program's result. If the line reads constant.op(recorded), make the recorded array the "
                    + "receiver or write recorded.getManager().from(constant).op(recorded)";
    static final String SELECTION =
            "how many elements are chosen depends on values, and a program's shapes do not. Keep every element and "
                    + "weigh it: where(mask, x, 0), or x * mask and sum(x * mask) / sum(mask)";
    private static final String GRADIENT = "use Gradients.valueAndGradient(f, x) or Gradients.ofParameters";
    private static final String UPDATE =
            "compute the new numbers and write them with InPlace.assign(parameter, value), or call InPlace.adam";
    private static final String IMAGES =
            "draw from an Rng that is handed in: where(rng.uniform(manager, shape).lt(0.5), x.flip(axis), x)";
    private static final String ENGINE =
            "make the recorded array the receiver, or write recorded.getManager().from(constant).op(recorded). In place "
                    + "of a gradient collector use Gradients; a block that is a program itself cannot be recorded";
    private static final String DETECTION = "compute boxes outside of programs, from the program's results";

    private Refusals() {}

    static void rows() {
        for (String type : "Float Double Int Long Byte Boolean Uint8 Short UnsignedShort UnsignedInt".split(" ")) {
            values("to" + type + "Array()");
        }
        for (String type : "Long Double Float Int Byte Uint8 Boolean".split(" ")) {
            values("get" + type + "(long[])");
        }
        values("toByteBuffer() toByteBuffer(boolean) toArray() toStringArray() toStringArray(Charset) encode()");
        values("getAsBytes() getAsString() contentEquals(Number) contentEquals(NDArray)");
        values("allClose(NDArray) allClose(NDArray,double,double,boolean)");
        refuse("nonzero() unique(Integer,boolean,boolean,boolean)", SELECTION);
        refuse("setRequiresGradient(boolean) getGradient()", GRADIENT);
        refuse("intern(NDArray)", "use the other array from here on, or overwrite this one with set or copyTo");
        refuse("toSparse(SparseFormat)", "programs compute with dense arrays: leave it out");
        refuse("getIndexer(NDManager)", "use get and set");
        refuse(
                "adadeltaUpdate(NDList,NDList,float,float,float,float,float) "
                        + "adagradUpdate(NDList,NDList,float,float,float,float,float) "
                        + "adamUpdate(NDList,NDList,float,float,float,float,float,float,float,float,boolean,boolean) "
                        + "nagUpdate(NDList,NDList,float,float,float,float,float) "
                        + "rmspropUpdate(NDList,NDList,float,float,float,float,float,float,float,boolean) "
                        + "sgdUpdate(NDList,NDList,float,float,float,float,float,boolean)",
                UPDATE);
        refuse(
                "randomFlipLeftRight() randomFlipTopBottom() randomBrightness(float) randomHue(float) "
                        + "randomColorJitter(float,float,float,float)",
                IMAGES);
        refuse(
                "multiBoxTarget(NDList,float,float,float,float,int) multiBoxPrior(List,List,List,List,boolean) "
                        + "multiBoxDetection(NDList,boolean,float,int,float,boolean,int)",
                DETECTION);
    }

    /**
     * {@code e}, or a refusal where {@code e} is DJL's engine complaining of an array that is not its own: a recorded one
     * was handed to it.
     */
    static RuntimeException explained(RuntimeException e) {
        boolean engine = e instanceof ClassCastException || e instanceof IllegalArgumentException;
        if (!engine || !String.valueOf(e.getMessage()).contains("PtNDArray")) {
            return e;
        }
        StackTraceElement[] stack = e.getStackTrace();
        String method = stack[0].getMethodName();
        StackTraceElement site = null;
        for (int i = 0; i < stack.length && site == null; i++) {
            method = stack[i].getClassName().startsWith("ai.djl.pytorch.engine.") ? stack[i].getMethodName() : method;
            site = Recorder.isUsers(stack[i]) ? stack[i] : null;
        }
        return new UnsupportedOperationException(
                "handing a recorded array to the engine (" + method + ") cannot be recorded (at " + site + "); "
                        + ENGINE,
                e);
    }

    private static void values(String signatures) {
        Operations.rows().refuse(signatures, "reading values with ", VALUES);
    }
}
