package gebm.trace;

import static gebm.trace.Operations.array;
import static gebm.trace.Operations.inPlace;
import static gebm.trace.Operations.on;
import static gebm.trace.Operations.plain;

import ai.djl.ndarray.types.DataType;
import gebm.trace.Node.Named;
import java.util.List;

/** Rows of methods that treat each element apart, and of products. */
final class Elementwise {
    private Elementwise() {}

    static void rows() {
        arithmetic();
        comparisons();
        functions();
        activations();
        copies();
    }

    private static void arithmetic() {
        for (String name : List.of("add", "sub", "mul", "div", "pow")) {
            on(name + "(Number) " + name + "(NDArray)", plain("torch." + name));
            on(name + "i(Number) " + name + "i(NDArray)", inPlace("torch." + name + "_"));
        }
        on("mod(Number) mod(NDArray)", plain("torch.remainder"));
        on("modi(Number) modi(NDArray)", inPlace("torch.remainder_"));
        on("rsub(Number) rsub(NDArray)", (x, a) -> array(x, "torch.rsub", x.value, a[0]));
        on("rdiv(Number)", (x, a) -> array(x, "torch.mul", x.call("torch.reciprocal", x.value), a[0]));
        on("rdiv(NDArray)", (x, a) -> array(x, "torch.div", a[0], x.value));
        on("rmod(NDArray)", (x, a) -> array(x, "torch.remainder", a[0], x.value));
        on("rpow(Number)", (x, a) -> array(x, "torch.pow", a[0], x.value));
        // DJL's engine lacks these three
        on("rdivi(NDArray)", (x, a) -> overwrite(x, x.call("torch.div", a[0], x.value)));
        on("rmodi(NDArray)", (x, a) -> overwrite(x, x.call("torch.remainder", a[0], x.value)));
        on("rpowi(Number)", (x, a) -> overwrite(x, x.call("torch.pow", a[0], x.value)));
        on("dot(NDArray) matMul(NDArray)", plain("torch.matmul"));
        on("batchMatMul(NDArray)", plain("torch.bmm"));
        on("batchDot(NDArray)", plain("torch.matmul")); // DJL's engine lacks it
        on("inverse()", plain("torch.linalg_inv"));
    }

    static Object overwrite(RecordingArray x, Value result) {
        x.recorder.effect("torch.copy_", x.value, result);
        return x.proxy();
    }

    private static void comparisons() {
        String[][] comparisons = {{"eq", "eq"}, {"neq", "ne"}, {"gt", "gt"}, {"gte", "ge"}, {"lt", "lt"}, {"lte", "le"}
        };
        for (String[] names : comparisons) {
            on(names[0] + "(Number) " + names[0] + "(NDArray)", plain("torch." + names[1]));
        }
        on("logicalAnd(NDArray)", plain("torch.logical_and"));
        on("logicalOr(NDArray)", plain("torch.logical_or"));
        on("logicalXor(NDArray)", plain("torch.logical_xor"));
        on("logicalNot()", plain("torch.logical_not"));
        on("maximum(NDArray)", plain("torch.maximum"));
        on("minimum(NDArray)", plain("torch.minimum"));
        on("maximum(Number)", plain("torch.clamp_min"));
        on("minimum(Number)", plain("torch.clamp_max"));
        on("clip(Number,Number)", plain("torch.clamp"));
        on("isNaN()", plain("torch.isnan"));
        on("isInfinite()", plain("torch.isinf"));
    }

    private static void functions() {
        for (String name : List.of(
                "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "erf", "erfinv", "exp",
                "floor", "log", "log10", "log2", "neg", "round", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh",
                "trunc", "conj")) {
            on(name + "()", plain("torch." + name));
        }
        // as in DJL: real and imaginary parts along a new last axis, and back, as copies
        on("real()", (x, a) -> array(x, "torch.clone", x.call("torch.view_as_real", x.value)));
        on("complex()", (x, a) -> array(x, "torch.clone", x.call("torch.view_as_complex", x.value)));
        on("negi()", inPlace("torch.neg_"));
        on("signi()", inPlace("torch.sign_"));
        on("gammaln()", plain("torch.lgamma"));
        on("xlogy(NDArray)", plain("torch.xlogy"));
        on("atan2(NDArray)", plain("torch.atan2"));
        on("cbrt()", (x, a) -> { // of negative numbers too, where DJL's engine gives NaN
            Value root = x.call("torch.pow", x.call("torch.abs", x.value), 1 / 3.0);
            return array(x, "torch.mul", x.call("torch.sign", x.value), root);
        });
        on("toDegrees()", plain("torch.rad2deg"));
        on("toRadians()", plain("torch.deg2rad"));
    }

    private static void activations() {
        on("sigmoid()", plain("torch.sigmoid"));
        on("relu()", plain("torch.relu"));
        on("selu()", plain("torch.selu"));
        on("softPlus()", plain("torch.softplus"));
        on(
                "softSign()",
                (x, a) -> array(x, "torch.div", x.value, x.call("torch.add", x.call("torch.abs", x.value), 1)));
        on("leakyRelu(float)", plain("torch.leaky_relu"));
        on("elu(float)", plain("torch.elu"));
        on("gelu()", (x, a) -> array(x, "torch.gelu", x.value, new Named("approximate", "none")));
        on("mish()", plain("torch.mish")); // DJL's own takes a logarithm to base 2 by mistake
        on(
                "swish(float)",
                (x, a) -> array(x, "torch.mul", x.value, x.call("torch.sigmoid", x.call("torch.mul", x.value, a[0]))));
    }

    private static void copies() {
        // both keep the gradient, which DJL's own do not; a copy that was asked for is one, so that changing it in
        // place leaves the original alone
        on(
                "toType(DataType,boolean)",
                (x, a) -> (boolean) a[1]
                        ? array(x, "torch.to", x.value, a[0], false, true)
                        : array(x, "torch.to", x.value, a[0]));
        on("duplicate() toDense()", plain("torch.clone"));
        on("stopGradient()", plain("torch.detach"));
        on("scaleGradient(double)", (x, a) -> {
            double scale = (double) a[0];
            Value kept = x.call("torch.mul", x.value, scale);
            Value cut = x.call("torch.mul", x.call("torch.detach", x.value), 1 - scale);
            return array(x, "torch.add", kept, cut);
        });
        on("zerosLike()", plain("torch.zeros_like"));
        on("onesLike()", plain("torch.ones_like"));
        on("like()", (x, a) -> array(x, "torch.zeros_like", x.value, new Named("dtype", DataType.FLOAT32)));
        on("copyTo(NDArray)", (x, a) -> {
            x.recorder.effect("torch.copy_", a[0], x.value);
            return null;
        });
        on("toDevice(Device,boolean)", (x, a) -> {
            if (!x.recorder.device().equals(a[0])) {
                throw Recorder.unsupported("moving to " + a[0] + " with toDevice", "hand in all arrays on one device");
            }
            return (boolean) a[1] ? array(x, "torch.clone", x.value) : x.proxy();
        });
    }
}
